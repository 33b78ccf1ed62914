/** Sends that had to wait for space: of a producer, of a destination, or of the whole broker. */
export class Blocked {
  /** That waited, those that still do included. */
  sends = 0
  /** That wait now. */
  waiting = 0
  /** Of those that wait no more. */
  totalMs = 0

  begin(): void {
    this.sends++
    this.waiting++
  }

  end(ms: number): void {
    this.waiting--
    this.totalMs += ms
  }

  get averageMs(): number {
    const ended = this.sends - this.waiting
    return ended === 0 ? 0 : this.totalMs / ended
  }
}
