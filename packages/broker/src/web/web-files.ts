import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that browsers may have, and how it is handed over. */
export interface WebFile {
  readonly type: string
  readonly body: Buffer
  /** Changes with the content. */
  readonly etag: string
}

/** Where our own files are: from `build/src/web` and from `build/program/cli` it is the same way. */
const OWN = new URL('../../../web/', import.meta.url)
/** What the build made of libraries. */
const BUILT = new URL('../../web/', import.meta.url)

/** Everything that can be asked for. A path that is not here is no file, whatever it looks like. */
const FILES: ReadonlyMap<string, URL> = new Map([
  ['/', new URL('index.html', OWN)],
  ['/samples/chat', new URL('chat.html', OWN)],
  ['/samples/stocks', new URL('stocks.html', OWN)],
  ...['style.css', 'logo.svg', 'chat.js', 'connection.js', 'market.js', 'sign-in.js', 'sparkline.js', 'stocks.js'].map(
    (name) => [`/samples/${name}`, new URL(name, OWN)] as const,
  ),
  ['/samples/stomp.js', new URL('stomp.js', BUILT)],
  ['/samples/stomp-licence.txt', new URL('stomp-licence.txt', BUILT)],
])

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
}

/** The files of the web samples, read when they are first asked for: a few kilobytes each, once. */
export class WebFiles {
  readonly #read = new Map<string, WebFile>()

  static readonly paths: readonly string[] = [...FILES.keys()]

  /** `path` as it is in the request. Undefined: there is no such file. Throws when one of ours cannot be read. */
  find(path: string): WebFile | undefined {
    const known = this.#read.get(path)
    const url = FILES.get(path)
    if (known !== undefined || url === undefined) return known
    const body = readFileSync(url)
    const type = TYPES[url.pathname.slice(url.pathname.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    const file = { type, body, etag }
    this.#read.set(path, file)
    return file
  }
}
