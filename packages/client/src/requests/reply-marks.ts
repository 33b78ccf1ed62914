import { JMSError, type JMSErrorOptions } from '../errors.ts'
import type { Message } from '../messages/message.ts'

/*
 * What `respond` says about a reply beside its body, as properties that other software can read, too:
 *
 *     MillraceEnd     true on a message without body: no more replies to this request will come
 *     MillraceError   the text of what the handler threw, on a message without body
 */
const END = 'MillraceEnd'
const ERROR = 'MillraceError'
/** Characters of an error's text that travel. */
const ERROR_LENGTH_MAX = 4096

/** The other side answered that it failed. The text is what it said. */
export class RequestFailedError extends JMSError {
  constructor(message: string, options: JMSErrorOptions = {}) {
    super(message, { code: 'REQUEST_FAILED', ...options })
  }
}

export function markEnd(message: Message): Message {
  message.setBooleanProperty(END, true)
  return message
}

export function isEnd(message: Message): boolean {
  return message.getObjectProperty(END) === true
}

export function markError(message: Message, thrown: unknown): Message {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  message.setStringProperty(ERROR, text.slice(0, ERROR_LENGTH_MAX))
  return message
}

/** null: the reply is no such thing. */
export function failureOf(message: Message): RequestFailedError | null {
  const text = message.getObjectProperty(ERROR)
  return typeof text === 'string' ? new RequestFailedError(text) : null
}
