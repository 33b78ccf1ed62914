import { Buffer } from 'node:buffer'
import { MessageDispatch } from '@millrace/openwire'
import type { Entry } from '../../core/broker.ts'
import type { Sender } from './sender.ts'
import type { OpenWireConsumer } from './sessions.ts'

/*
 * A message of a topic goes to all its consumers in the same form: in loose frames without a cache only the consumer's id,
 * at the beginning, is another.
 *
 *     4  size
 *     …  head    type, command number, flag, consumer id: the same for all messages of a consumer
 *     …  tail    destination, message, counter: the same for all consumers of a message
 *
 * So the first consumer's frame is encoded and its tail kept with the message; for the others two pieces are copied.
 */

const SIZE_BYTES = 4
/** Behind the head of a frame without destination and message: two bytes that say so, and the counter. */
const EMPTY_TAIL_BYTES = 6

/** Whether a delivery is one of several that are alike, to a peer that can be given the tail of another's. */
export function isShared(entry: Entry, sender: Sender): boolean {
  if (!entry.message.shared || entry.queue !== null || entry.redeliveries > 0) return false
  const { tightEncodingEnabled, cacheEnabled, sizePrefixDisabled } = sender.format.options
  return !tightEncodingEnabled && !cacheEnabled && !sizePrefixDisabled
}

/** Writes the frame from what an earlier delivery left. False: there is nothing that fits. */
export function writeShared(consumer: OpenWireConsumer, entry: Entry, sender: Sender): boolean {
  const { encoded } = entry.message
  const { version, maxFrameSize } = sender.format.options
  if (encoded === null || encoded.variant !== version) return false
  consumer.head ??= headOf(consumer, sender)
  if (consumer.head.length + encoded.bytes.length > maxFrameSize) return false
  sender.writePieces(consumer.head, encoded.bytes)
  return true
}

/** Writes the frame and leaves its tail for the deliveries that follow. */
export function writeFirst(consumer: OpenWireConsumer, entry: Entry, dispatch: MessageDispatch, sender: Sender): void {
  consumer.head ??= headOf(consumer, sender)
  const frame = sender.writeFrame(dispatch)
  const bytes = Buffer.from(frame.subarray(SIZE_BYTES + consumer.head.length))
  entry.message.encoded = { variant: sender.format.options.version, bytes }
}

const empty = new MessageDispatch()

function headOf(consumer: OpenWireConsumer, sender: Sender): Buffer {
  empty.consumerId = consumer.id
  const frame = sender.encode(empty)
  return frame.subarray(SIZE_BYTES, frame.length - EMPTY_TAIL_BYTES)
}
