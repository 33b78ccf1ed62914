/**
 * The bare limit: a server that writes what it got into a file, syncs, and answers; nothing else. Run by itself it is that server.
 * The file is preallocated and written with zeros first and then written over, the cheapest way there is to make bytes durable.
 */
import { Buffer } from 'node:buffer'
import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

const FILE_BYTES = 64 * 1024 * 1024
const ANSWER = Buffer.alloc(16)

/** Requests of a fixed size. */
export function serve(directory: string, requestBytes: number): void {
  const file = openSync(join(directory, 'bare-limit'), 'w+')
  const zeros = Buffer.alloc(1024 * 1024)
  for (let at = 0; at < FILE_BYTES; at += zeros.length) writeSync(file, zeros, 0, zeros.length, at)
  fsyncSync(file)
  let end = 0
  const server = createServer({ noDelay: true }, (socket) => {
    let pending = 0
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (end + chunk.length > FILE_BYTES) end = 0
      writeSync(file, chunk, 0, chunk.length, end)
      end += chunk.length
      pending += chunk.length
      while (pending >= requestBytes) {
        pending -= requestBytes
        fdatasyncSync(file)
        socket.write(ANSWER)
      }
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address === 'object')
      process.stdout.write(`${JSON.stringify({ port: address.port })}\n`)
  })
  process.stdin.on('end', () => {
    closeSync(file)
    process.exit(0)
  })
  process.stdin.resume()
}

if (argv[1] === fileURLToPath(import.meta.url)) serve(argv[2] ?? '.', Number(argv[3]))
