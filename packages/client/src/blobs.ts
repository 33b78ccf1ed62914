import { ConfigurationError, JMSError, JMSSecurityError, ResourceAllocationError } from './errors.ts'
import { readLocalBytes, removeLocal, writeLocalBytes } from './local-file.ts'
import type { BlobMessage } from './messages/blob-message.ts'
import type { Session } from './session.ts'

/** Where the data of blob messages lies, and how much of it may be read. */
export interface BlobTransferOptions {
  /** An http, https or file URL that ends with a slash; uploads get a name of their own below it. null: no uploads. */
  uploadUrl?: string | null
  /**
   * URLs that end with a slash, below which downloads are allowed: a message names an address that this process would then
   * fetch, and that must not be any address. `uploadUrl` alone when absent.
   */
  from?: readonly string[]
  /** Bytes of the largest blob. 104857600. */
  bytesMax?: number
}

/** How one blob is put away. */
export interface BlobUploadOptions {
  /** application/octet-stream. */
  mimeType?: string
  signal?: AbortSignal
}

const BYTES_MAX = 104_857_600

/**
 * Bodies that do not travel with their message (BlobMessage of the model system: `jms.blobTransferPolicy`): the data is put
 * on a server that both sides reach, by PUT, and fetched by GET; or it is a file in a folder that both share.
 */
export class BlobTransfer {
  readonly #uploadUrl: string | null
  readonly #from: readonly string[]
  readonly #bytesMax: number

  /** Throws ConfigurationError for what is no such URL. */
  constructor(options: BlobTransferOptions = {}) {
    const { uploadUrl = null, from = uploadUrl === null ? [] : [uploadUrl], bytesMax = BYTES_MAX } = options
    this.#uploadUrl = uploadUrl === null ? null : folderOf(uploadUrl)
    this.#from = from.map(folderOf)
    this.#bytesMax = bytesMax
  }

  /** Puts data away and makes the message for it, to be sent. Rejects with JMSError when the server does not take it. */
  async upload(session: Session, data: Uint8Array, options: BlobUploadOptions = {}): Promise<BlobMessage> {
    if (this.#uploadUrl === null) throw new ConfigurationError('there is no uploadUrl to put a blob to')
    this.#check(data.length)
    const { mimeType = 'application/octet-stream', signal } = options
    const id = session.connection.settings.ids.next('blob').replaceAll(/[^\w-]/g, '-')
    const url = new URL(id, this.#uploadUrl)
    if (url.protocol === 'file:') await writeLocalBytes(url, data)
    else await answered(url, { method: 'PUT', body: data, headers: { 'content-type': mimeType }, ...optional(signal) })
    const message = session.createBlobMessage(url)
    message.mimeType = mimeType
    return message
  }

  /**
   * The data of a message. Rejects with JMSSecurityError when its address is none of those that are allowed,
   * ResourceAllocationError when it is too large, JMSError when it is not there.
   */
  async download(message: BlobMessage, signal?: AbortSignal): Promise<Buffer> {
    const url = this.#allowed(message)
    if (url.protocol === 'file:') {
      const bytes = await readLocalBytes(url, this.#bytesMax + 1)
      this.#check(bytes.length)
      return bytes
    }
    const { body } = await answered(url, optional(signal))
    const chunks: Uint8Array[] = []
    let length = 0
    // Counted as it comes: what a server says of the length may be wrong.
    for await (const chunk of body ?? []) {
      length += chunk.length
      this.#check(length)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks, length)
  }

  /** Takes the data away, when nobody needs it any more. Rejects as `download`. */
  async remove(message: BlobMessage, signal?: AbortSignal): Promise<void> {
    const url = this.#allowed(message)
    if (url.protocol === 'file:') await removeLocal(url)
    else await answered(url, { method: 'DELETE', ...optional(signal) })
  }

  #allowed(message: BlobMessage): URL {
    const text = message.url ?? ''
    const url = URL.canParse(text) ? new URL(text) : null
    // Written out by the URL class, so that no ".." leads out of a folder.
    if (url !== null && this.#from.some((folder) => url.href.startsWith(folder))) return url
    throw new JMSSecurityError(`"${text}" is none of the addresses that blobs may come from`)
  }

  #check(length: number): void {
    if (length <= this.#bytesMax) return
    throw new ResourceAllocationError(`a blob of more than ${this.#bytesMax} bytes`)
  }
}

function folderOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:', 'file:'].includes(url.protocol) || !url.pathname.endsWith('/')) {
    throw new ConfigurationError(`blobs lie below an http, https or file URL that ends with a slash, not "${text}"`)
  }
  return url.href
}

function optional(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

async function answered(url: URL, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    // Somewhere else would not be where we may go.
    response = await fetch(url, { redirect: 'error', ...init })
  } catch (error) {
    throw new JMSError(`${url.origin} could not be asked for a blob`, { cause: error, code: 'BLOB_TRANSFER' })
  }
  if (!response.ok) throw new JMSError(`${url.href} answered ${response.status}`, { code: 'BLOB_TRANSFER' })
  return response
}
