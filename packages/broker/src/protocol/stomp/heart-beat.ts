import { ProtocolError } from '@millrace/base'

/** What a look at the clock has shown. */
export const Pulse = { Fine: 0, Speak: 1, Silent: 2 } as const
export type Pulse = (typeof Pulse)[keyof typeof Pulse]

const NUMBER_MAX = 2 ** 31 - 1

/** What both sides have said of heart-beats, in ms; 0 = never. */
export interface HeartBeats {
  /** How often the client says something. */
  readonly readMs: number
  /** How often we do. */
  readonly writeMs: number
}

/**
 * `heart-beat:can-send,wants`, as the client says it. We offer what it asks for, but nothing more often than `msMin`.
 * Throws FRAME_INVALID.
 */
export function agreeOnHeartBeats(text: string, msMin: number): HeartBeats {
  const numbers = text.split(',').map((part) => readNumber(part.trim()))
  const [canSend, wants] = numbers
  if (numbers.length !== 2 || canSend === undefined || wants === undefined || canSend < 0 || wants < 0) {
    throw new ProtocolError('FRAME_INVALID', 'heart-beat has to be two numbers of ms, as in 10000,10000')
  }
  return {
    readMs: canSend === 0 ? 0 : Math.max(canSend, msMin),
    writeMs: wants === 0 ? 0 : Math.max(wants, msMin),
  }
}

function readNumber(text: string): number {
  const value = Number(text)
  return text.length > 0 && Number.isInteger(value) && value <= NUMBER_MAX ? value : -1
}

/** Watches a link for silence, and sees to it that the peer hears something. All times are monotonic ms. */
export class HeartBeat {
  readonly #readMsMax: number
  readonly #writePeriodMs: number
  #heardAt: number
  #saidAt: number
  #heard = false

  /** `grace`: how many intervals of silence are too many. */
  constructor({ readMs, writeMs }: HeartBeats, grace: number, nowMs: number) {
    this.#readMsMax = readMs * grace
    // The clock is looked at now and then only; half the time is early enough for all who count from their side.
    this.#writePeriodMs = writeMs / 2
    this.#heardAt = nowMs
    this.#saidAt = nowMs
  }

  heard(): void {
    this.#heard = true
  }

  /** `said`: something was written since the last look. */
  look(nowMs: number, said: boolean): Pulse {
    if (this.#heard) {
      this.#heard = false
      this.#heardAt = nowMs
    }
    if (said) this.#saidAt = nowMs
    if (this.#readMsMax > 0 && nowMs - this.#heardAt > this.#readMsMax) return Pulse.Silent
    if (this.#writePeriodMs === 0 || nowMs - this.#saidAt < this.#writePeriodMs) return Pulse.Fine
    this.#saidAt = nowMs
    return Pulse.Speak
  }
}
