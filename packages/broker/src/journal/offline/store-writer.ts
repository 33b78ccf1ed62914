import { MillraceError, silentLogger, systemClock, systemTurn } from '@millrace/base'
import type { Message } from '../../message/message.ts'
import type { DurableRecord, QueueStore, Recovery, Stored } from '../../store/store.ts'
import { type Disk, isMissing } from '../disk.ts'
import { JournalStore } from '../journal-store.ts'

/** Bytes handed over and not written yet, beyond which whoever writes has to wait. */
const PENDING_BYTES_MAX = 8 << 20

/** An empty store tells nothing. */
const NOBODY: Recovery = {
  queue: () => {},
  durable: () => {},
  prepared: () => {},
  producer: () => {},
  refused: () => {},
  keys: () => {},
}

/** Fills a new store, in a directory where nothing is. Everything is on stable storage when it is closed. */
export class StoreWriter {
  messages = 0
  readonly #store: JournalStore
  readonly #queues = new Map<string, QueueStore>()
  #pendingBytes = 0
  #failure: MillraceError | null = null
  #room: (() => void) | null = null

  private constructor(store: JournalStore) {
    this.#store = store
  }

  /** Throws CONFIGURATION_INVALID when the directory holds anything. */
  static async open(directory: string, disk: Disk): Promise<StoreWriter> {
    await checkEmpty(directory, disk)
    // A power cut half way leaves what has to be done again anyway.
    const sync = 'never'
    const store = new JournalStore({ directory, disk, turn: systemTurn(), clock: systemClock, log: silentLogger, sync })
    await store.open(NOBODY)
    return new StoreWriter(store)
  }

  durable(record: DurableRecord): void {
    this.#store.addDurable(record, null)
  }

  /** Also one that will have no messages. */
  queue(name: string): void {
    this.#queueOf(name)
  }

  /** Keys rise within a queue. The promise is fulfilled when there is room for the next. */
  add(queue: string, key: number, message: Message): Promise<void> | void {
    if (this.#failure !== null) throw this.#failure
    this.messages++
    const bytes = message.sizeBytes
    this.#pendingBytes += bytes
    const waiter: Stored = {
      stored: (error) => {
        this.#failure ??= error
        this.#pendingBytes -= bytes
        if (this.#pendingBytes > PENDING_BYTES_MAX / 2) return
        this.#room?.()
        this.#room = null
      },
    }
    this.#queueOf(queue).add(message, key, waiter)
    if (this.#pendingBytes < PENDING_BYTES_MAX) return
    return new Promise((resolve) => {
      this.#room = resolve
    })
  }

  async close(): Promise<void> {
    await this.#store.close()
    if (this.#failure !== null) throw this.#failure
  }

  #queueOf(name: string): QueueStore {
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      queue = this.#store.queue(name)
      this.#queues.set(name, queue)
    }
    return queue
  }
}

/** Throws CONFIGURATION_INVALID unless the directory is empty or not there. */
export async function checkEmpty(directory: string, disk: Disk): Promise<void> {
  let names: string[] = []
  try {
    names = await disk.list(directory)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  if (names.length === 0) return
  throw new MillraceError('CONFIGURATION_INVALID', `${directory} is not empty; name a directory that is, or a new one`)
}
