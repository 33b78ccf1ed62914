import assert from 'node:assert/strict'
import { test } from 'node:test'

interface Size {
  readonly minified: number
  readonly gzipped: number
}

interface Script {
  readonly LIMITS: { readonly application: number; readonly everything: number }
  sizes(): Promise<{ application: Size; everything: Size; modules: readonly { name: string }[] }>
}

const script = new URL('../../scripts/size.mjs', import.meta.url).href
const { LIMITS, sizes } = (await import(script)) as Script

test('a program with the client is no larger to download than was promised', async () => {
  const { application, everything, modules } = await sizes()
  assert.ok(modules.some(({ name }) => name === 'packages/openwire/build/src/layout.js'))
  const compared = `node scripts/size.mjs tells which modules are large`
  assert.ok(application.gzipped <= LIMITS.application, `an application: ${application.gzipped} bytes; ${compared}`)
  assert.ok(everything.gzipped <= LIMITS.everything, `everything: ${everything.gzipped} bytes; ${compared}`)
})
