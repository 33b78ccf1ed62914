import type { Connection } from '../connection.ts'
import type { Destination } from '../destination.ts'
import {
  ConnectionClosedError,
  type JMSError,
  localError,
  NotStartedError,
  RequestTimedOutError,
  ResourceAllocationError,
} from '../errors.ts'
import type { Message } from '../messages/message.ts'
import { type BodyInput, messageOf } from '../messages/message-of.ts'
import type { SendOptions } from '../send.ts'
import { checkSignal, watch } from '../wait.ts'
import { failureOf, isEnd } from './reply-marks.ts'
import { type Exchange, requestsOf } from './requests.ts'

/** How long a request waits for its reply, and how it is sent. */
export interface RequestOptions extends Omit<SendOptions, 'destination' | 'onComplete'> {
  /** How long to wait for the reply, ms. 0 or absent: the connection's `requestTimeout`, and without that for ever. */
  timeout?: number
}

/** How many replies `requestMany` takes, and how long it waits for them. */
export interface ManyOptions extends RequestOptions {
  /** How long to gather, ms; then the iteration ends, without an error. 0 or absent: `requestTimeout`. */
  timeout?: number
  /** Replies at most. No limit when absent. */
  limit?: number
  /** Replies that may wait for the loop; one more ends it with ResourceAllocationError. 1000. */
  bufferedMax?: number
}

const BUFFERED_MAX = 1000

/**
 * Sends a request and resolves to the first reply. All requests of a connection share one temporary queue, made with the
 * first; each gets a JMSCorrelationID of its own, and JMSReplyTo. A reply is recognised by that, or by the request's
 * JMSMessageID, which is what other software answers with. The request goes out at once, in no transaction: the answer
 * to one that waits for a commit would never come.
 *
 * Rejects with RequestTimedOutError (`outcome` is `'unknown'`), AbortError, RequestFailedError (the responder said so),
 * NotStartedError (replies are only delivered on a started connection), ConnectionFailedError or ConnectionClosedError,
 * and with what the send rejects with. A reply that comes too late is dropped.
 */
export async function request(
  connection: Connection,
  destination: Destination,
  body: BodyInput,
  options: RequestOptions = {},
): Promise<Message> {
  let end: (() => void) | null = null
  let leave: (() => void) | null = null
  try {
    return await new Promise<Message>((resolve, reject) => {
      const exchange: Exchange = {
        replied: (reply) => {
          const failure = failureOf(reply)
          if (failure === null) resolve(reply)
          else reject(failure)
        },
        failed: reject,
      }
      // The limit also covers the making of the temporary queue.
      end = limit(connection, destination, options, reject)
      leave = begin(connection, destination, body, options, exchange)
    })
  } finally {
    // Assigned inside the executor, which the compiler does not follow.
    ;(end as (() => void) | null)?.()
    ;(leave as (() => void) | null)?.()
  }
}

/**
 * Sends a request, when the loop begins, and yields every reply: `for await (const reply of requestMany(...))`. Ends
 * after `limit` replies, when `timeout` has passed, when `respond` on the other side says that it was the last one, or
 * when the loop is left. Rejects as `request` does, but for the time-out.
 */
export async function* requestMany(
  connection: Connection,
  destination: Destination,
  body: BodyInput,
  options: ManyOptions = {},
): AsyncGenerator<Message, void, undefined> {
  const { limit: most = Infinity, bufferedMax = BUFFERED_MAX } = options
  const found: Message[] = []
  let failure: JMSError | null = null
  let complete = false
  let wake: (() => void) | null = null
  const stop = (error: JMSError | null): void => {
    complete = true
    failure ??= error
    wake?.()
  }
  const exchange: Exchange = {
    replied: (reply) => {
      if (complete) return
      const failed = failureOf(reply)
      if (failed !== null) stop(failed)
      else if (isEnd(reply)) stop(null)
      else if (found.length >= bufferedMax) {
        stop(new ResourceAllocationError(`more than ${bufferedMax} replies wait to be read`))
      } else {
        found.push(reply)
        wake?.()
      }
    },
    failed: stop,
  }
  if (most < 1) return
  const end = limit(connection, destination, options, (error) => {
    stop(error instanceof RequestTimedOutError ? null : error)
  })
  let leave: (() => void) | null = null
  try {
    leave = begin(connection, destination, body, options, exchange)
    for (let count = 0; count < most; count++) {
      while (found.length === 0 && !complete) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const reply = found.shift()
      if (reply === undefined) break
      yield reply
    }
    // After the replies that came before it.
    if (failure !== null && found.length === 0) throw failure
  } finally {
    end?.()
    leave?.()
  }
}

function limit(
  connection: Connection,
  destination: Destination,
  options: RequestOptions,
  giveUp: (error: JMSError) => void,
): (() => void) | null {
  const { clock, requestTimeout } = connection.settings
  const timeoutMs = options.timeout !== undefined && options.timeout > 0 ? options.timeout : requestTimeout
  checkSignal(options.signal)
  return watch(clock, timeoutMs, options.signal, `the request to ${destination.toString()}`, giveUp)
}

/** Sends it as soon as there is a reply queue, in the order of the calls. Returns what forgets the exchange. */
function begin(
  connection: Connection,
  destination: Destination,
  body: BodyInput,
  options: RequestOptions,
  exchange: Exchange,
): () => void {
  connection.requireUsable()
  if (!connection.started) throw new NotStartedError('a request needs a started connection: call start() first')
  if (connection.closing) throw new ConnectionClosedError('the connection is closing')
  const requests = requestsOf(connection)
  let left = false
  let leave = (): void => {}
  requests.whenOpen(
    (channel) => {
      if (left) return
      try {
        // The time limit is that of the reply; a send of its own has none.
        const { timeout: _, signal: __, ...send } = options
        leave = channel.send(destination, messageOf(channel.session, body), send, exchange)
      } catch (error) {
        exchange.failed(localError(error))
      }
    },
    (error) => exchange.failed(error),
  )
  return () => {
    left = true
    leave()
  }
}
