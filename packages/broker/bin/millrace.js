#!/usr/bin/env node
import { programUrl } from './program.js'

const args = process.argv.slice(2)
const { main } = await import(programUrl(args))
await main(args)
