import type { MessageView } from './message-view.ts'

/** A message that nobody could use. */
export interface DeadLetter extends MessageView {
  /** Why, in the words of who gave it up: `expired at ...`, or of the client that had it delivered too often. */
  readonly cause: string | null
  /** When it would have expired, in ms since 1970; null: never. */
  readonly originalExpiration: number | null
}

export function deadLetterOf(view: MessageView): DeadLetter {
  const { dlqDeliveryFailureCause: cause = null, originalExpiration = null } = view.properties
  return {
    ...view,
    cause: typeof cause === 'string' ? cause : null,
    originalExpiration: originalExpiration === null ? null : Number(originalExpiration),
  }
}
