import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { damage, millrace, startBroker, temporaryDirectory } from './program.ts'

test('start --json prints exactly one line when it is ready, and logs JSON to stderr', async (t) => {
  const data = await temporaryDirectory()
  const broker = await startBroker(t, ['--data', data])
  assert.deepEqual(Object.keys(broker.ready), ['ready', 'addresses', 'data', 'pid'])
  assert.equal(broker.ready['ready'], true)
  assert.equal(broker.ready['data'], data)
  assert.equal(broker.ready['pid'], broker.child.pid)
  assert.match(String((broker.ready['addresses'] as string[])[0]), /^openwire:\/\/127\.0\.0\.1:\d+$/)
  const { code, stdout, stderr } = await broker.stop()
  assert.equal(code, 0)
  assert.equal(stdout.trimEnd().split('\n').length, 1)
  const log = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string })
  assert.ok(
    log.some(({ msg }) => msg === 'broker started'),
    stderr,
  )
  assert.ok(
    log.some(({ msg }) => msg === 'broker stopped'),
    stderr,
  )
})

test('start listens on every address that was given', async (t) => {
  const broker = await startBroker(t, ['--memory', '--listen', 'openwire://127.0.0.1:0'])
  assert.equal((broker.ready['addresses'] as string[]).length, 2)
  assert.equal(broker.ready['data'], null)
})

/** What `start` prints on stdout with these arguments, up to its end. */
async function printed(args: readonly string[]): Promise<string> {
  const bin = fileURLToPath(new URL('../../../bin/millrace.js', import.meta.url))
  const child = spawn(process.execPath, [bin, 'start', '--memory', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.includes('Ctrl-C')) child.kill('SIGINT')
  })
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 0)
  assert.match(text, /Stopped\.\n$/)
  return text
}

test('start says where it is and what to write in other languages', async () => {
  const auto = await printed(['--listen', 'auto://127.0.0.1:0'])
  const port = /auto:\/\/127\.0\.0\.1:(\d+)/.exec(auto)?.[1] ?? ''
  assert.match(auto, new RegExp(`Java +new ActiveMQConnectionFactory\\("tcp://127\\.0\\.0\\.1:${port}"\\)`))
  assert.match(auto, new RegExp(`Node +await new ConnectionFactory\\('tcp://127\\.0\\.0\\.1:${port}'\\)`))
  assert.match(auto, new RegExp(`Python +stomp\\.Connection\\(\\[\\("127\\.0\\.0\\.1", ${port}\\)\\]\\)`))
  assert.match(auto, new RegExp(`Browser +new WebSocket\\('ws://127\\.0\\.0\\.1:${port}', 'v12\\.stomp'\\)`))
  assert.match(auto, new RegExp(`Shell +npx --no-install millrace consume --broker tcp://127\\.0\\.0\\.1:${port} `))
  // Nothing is said of what is not spoken.
  const openWire = await printed(['--listen', 'openwire://127.0.0.1:0'])
  assert.match(openWire, /Java +new .*tcp:/)
  assert.doesNotMatch(openWire, /Python|Browser/)
})

test('start shows where the web samples are, where a browser of this machine can see them', async () => {
  const auto = await printed(['--listen', 'stomp://127.0.0.1:0', '--listen', 'auto://127.0.0.1:0'])
  const port = /auto:\/\/127\.0\.0\.1:(\d+)/.exec(auto)?.[1] ?? ''
  assert.match(auto, new RegExp(`^ +http://127\\.0\\.0\\.1:${port}/ +# .*browser`, 'm'))
  const everywhere = await printed(['--listen', 'ws://0.0.0.0:0', '--insecure'])
  assert.match(everywhere, /^ +http:\/\/localhost:\d+\/ +#/m)
  assert.doesNotMatch(await printed(['--listen', 'openwire://127.0.0.1:0']), /http:/)
  assert.doesNotMatch(await printed(['--listen', 'auto://127.0.0.1:0', '--no-web']), /http:/)
})

test('start serves the web samples, unless told not to', async (t) => {
  for (const [args, status] of [
    [[], 200],
    [['--no-web'], 426],
  ] as const) {
    const broker = await startBroker(t, ['--memory', '--listen', 'auto://127.0.0.1:0', ...args])
    const home = (broker.ready['addresses'] as string[])[1]?.replace('auto:', 'http:') ?? ''
    const response = await fetch(home)
    assert.equal(response.status, status)
    await response.text()
  }
})

test('an address in use ends with code 4, the address and what to do', async (t) => {
  const broker = await startBroker(t, ['--memory'])
  const port = new URL(broker.url).port
  const { code, stdout, stderr } = await millrace(['start', '--memory', '--listen', `openwire://127.0.0.1:${port}`])
  assert.equal(code, 4)
  assert.equal(stdout, '')
  assert.match(stderr, /^millrace: ADDRESS_IN_USE: .*127\.0\.0\.1/)
  assert.match(stderr, new RegExp(port))
  assert.match(stderr, /another port/)
  assert.match(stderr, /docs\/errors\.md#address_in_use\n$/)
})

test('a second broker on the same directory ends with code 4 and harms nothing', async (t) => {
  const data = await temporaryDirectory()
  const broker = await startBroker(t, ['--data', data])
  await millrace(['produce', '--broker', broker.url, 'queue://Q', 'one'])
  const { code, stderr } = await millrace(['start', '--data', data, '--listen', 'openwire://127.0.0.1:0'])
  assert.equal(code, 4)
  assert.match(stderr, /^millrace: STORE_LOCKED: /)
  assert.match(stderr, /docs\/errors\.md#store_locked\n$/)
  const { stdout } = await millrace(['consume', '--broker', broker.url, 'queue://Q', '--count', '1'])
  assert.equal(stdout, 'one\n')
})

test('errors of start --json are a line of the log', async (t) => {
  const broker = await startBroker(t, ['--memory'])
  const listen = `openwire://127.0.0.1:${new URL(broker.url).port}`
  const { code, stdout, stderr } = await millrace(['start', '--memory', '--json', '--listen', listen])
  assert.equal(code, 4)
  assert.equal(stdout, '')
  const last = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { code: string; level: number }
  assert.equal(last.code, 'ADDRESS_IN_USE')
  assert.equal(last.level, 50)
})

test('a damaged journal is not started upon: code 3, the file, and what to do', async (t) => {
  const data = await temporaryDirectory()
  const broker = await startBroker(t, ['--data', data])
  // What was written last could be the remains of a crash; what was written before that cannot.
  await millrace(['produce', '--broker', broker.url, 'queue://Q', 'a body that will be damaged'])
  await millrace(['produce', '--broker', broker.url, 'queue://Q', 'what was confirmed later'])
  await broker.stop('SIGKILL')
  await damage(data, 'be damaged')
  const { code, stdout, stderr } = await millrace(['start', '--data', data, '--listen', 'openwire://127.0.0.1:0'])
  assert.equal(code, 3, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /^millrace: STORE_DAMAGED: /m)
  assert.match(stderr, /docs\/errors\.md#store_damaged\n$/)
})

test('SIGTERM ends it with code 0 and nothing is lost', async (t) => {
  const data = await temporaryDirectory()
  const first = await startBroker(t, ['--data', data])
  const bodies = Array.from({ length: 100 }, (_, i) => `message ${i}`)
  await millrace(['produce', '--broker', first.url, 'queue://Q', ...bodies])
  assert.equal((await first.stop()).code, 0)
  const second = await startBroker(t, ['--data', data])
  const { stdout } = await millrace(['consume', '--broker', second.url, 'queue://Q', '--count', '100'])
  assert.deepEqual(stdout.trimEnd().split('\n'), bodies)
})

test('SIGTERM ends it with code 0 while clients are connected', async (t) => {
  const broker = await startBroker(t, ['--memory'])
  const consuming = millrace(['consume', '--broker', broker.url, 'queue://Q'])
  await millrace(['produce', '--broker', broker.url, 'queue://Q', 'one'])
  assert.equal((await broker.stop()).code, 0)
  const { code, stderr } = await consuming
  assert.equal(code, 1)
  assert.match(stderr, /^millrace: /)
})

for (const [what, fault] of [
  ['an exception that nobody catches', 'throw new Error("boom")'],
  ['a rejection that nobody handles', 'Promise.reject(new Error("boom"))'],
]) {
  test(`${what} ends the broker with code 70 and a clear last line`, async () => {
    const bin = fileURLToPath(new URL('../../../bin/millrace.js', import.meta.url))
    const fuse = `data:text/javascript,process.on("SIGUSR2",()=>{${fault}})`
    const args = ['--import', fuse, bin, 'start', '--memory', '--listen', 'openwire://127.0.0.1:0', '--json']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.stdout.once('data', () => child.kill('SIGUSR2'))
    const [code] = (await once(child, 'close')) as [number]
    assert.equal(code, 70)
    assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', /^millrace: BROKEN: boom/)
  })
}

const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown command', ['begin'], /USAGE: unknown command 'begin'/],
  ['an unknown option', ['start', '--dada', 'x'], /USAGE: unknown option '--dada'\n\(Did you mean --data\?\)/],
  ['an option without its value', ['start', '--listen'], /USAGE: option '--listen <address>' argument missing/],
  ['an address that is none', ['start', '--memory', '--listen', 'here'], /ADDRESS_INVALID: .*"here"/],
  ['an address of another protocol', ['start', '--memory', '--listen', 'gopher://127.0.0.1:1'], /ADDRESS_INVALID/],
  [
    'an address that others can reach',
    ['start', '--memory', '--listen', 'openwire://0.0.0.0:0'],
    /ADDRESS_INVALID: .*0\.0\.0\.0/,
  ],
  ['data and memory at once', ['start', '--memory', '--data', 'x'], /USAGE: --data and --memory exclude each other/],
  ['a word too many', ['start', 'now'], /USAGE: too many arguments/],
  ['no command', [], /Usage: millrace/],
]
for (const [what, args, expected] of wrong) {
  test(`${what} ends with code 2 and a sentence`, async () => {
    const { code, stdout, stderr } = await millrace(args)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, expected)
  })
}

test('--help and --version end with code 0', async () => {
  const help = await millrace(['--help'])
  assert.equal(help.code, 0)
  for (const name of ['start', 'produce', 'consume', 'browse', 'perf']) {
    assert.match(help.stdout, new RegExp(`^  ${name} `, 'm'))
    const one = await millrace([name, '--help'])
    assert.equal(one.code, 0)
    assert.match(one.stdout, new RegExp(`^Usage: millrace ${name} `))
  }
  assert.match((await millrace(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})
