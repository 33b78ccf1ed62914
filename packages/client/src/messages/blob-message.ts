import { ActiveMQBlobMessage } from '@millrace/openwire'
import { Message } from './message.ts'

/**
 * A reference to data that lies elsewhere. The client by itself neither uploads nor fetches: a received URL is the sender's
 * word, and following it is the application's decision. `BlobTransfer` does both.
 */
export class BlobMessage extends Message {
  get url(): string | null {
    return blob(this).remoteBlobUrl
  }

  set url(value: string | null) {
    this.requireWritableBody()
    this.own()
    blob(this).remoteBlobUrl = value
  }

  /** `application/octet-stream` unless said otherwise. */
  get mimeType(): string {
    return blob(this).mimeType ?? 'application/octet-stream'
  }

  set mimeType(value: string) {
    this.requireWritableBody()
    this.own()
    blob(this).mimeType = value
  }

  /** The broker deletes the data when the message is gone. */
  get deletedByBroker(): boolean {
    return blob(this).deletedByBroker
  }

  set deletedByBroker(value: boolean) {
    this.requireWritableBody()
    this.own()
    blob(this).deletedByBroker = value
  }

  protected override get hasBody(): boolean {
    return this.url !== null
  }

  override getBody(): string | null {
    return this.url
  }
}

function blob(message: BlobMessage): ActiveMQBlobMessage {
  const wire = message.wire
  if (!(wire instanceof ActiveMQBlobMessage)) throw new TypeError('a blob message without its wire form')
  return wire
}
