/** One line of a Java stack trace. */
export interface StackTraceElement {
  className: string
  methodName: string
  fileName: string | null
  /** -1 unknown, -2 native code. */
  lineNumber: number
}

/** An error as OpenWire carries it. Stack trace and cause travel only when both sides agreed to StackTraceEnabled. */
export interface Throwable {
  /** The Java class, for example `javax.jms.InvalidSelectorException`. */
  className: string
  message: string | null
  /** Null when stack traces were not agreed. */
  stackTrace: StackTraceElement[] | null
  cause: Throwable | null
}

/** Causes of causes that are written; whatever links errors into a ring must not end here. */
export const CAUSES_MAX = 16

/** Versions 1 and 10 cut messages that are longer than this. */
const CUT_UNITS = 1024

/** Three bytes for each unit still fit into any string. */
const UNITS_MAX = 10_000

/** An error that cannot be sent because its text is too long would be worse than a shorter text. */
export function readableMessage(message: string | null, version: number): string | null {
  if (message === null) return null
  const cut = version === 1 || version === 10 ? CUT_UNITS : message.length * 3 > 32_766 ? UNITS_MAX : message.length
  return message.length > cut ? `${message.slice(0, cut - 3)}...` : message
}
