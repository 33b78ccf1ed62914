import type { StompConsumer } from './consumer.ts'

/** An open transaction of a connection. What is done in it the core keeps, but for what the core would only count. */
export class StompTransaction {
  /** As the broker knows it. */
  readonly id: string
  /** Acknowledged when it is committed. */
  readonly held: { readonly consumer: StompConsumer; readonly token: string }[] = []

  constructor(id: string) {
    this.id = id
  }
}
