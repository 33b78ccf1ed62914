/** What the program uses of it; the package comes without types. */
declare module 'cli-progress' {
  export interface Options {
    readonly format: string
    readonly stream: NodeJS.WritableStream
    readonly clearOnComplete?: boolean
    readonly hideCursor?: boolean
  }

  export class SingleBar {
    constructor(options: Options)
    start(total: number, value: number, payload?: Readonly<Record<string, unknown>>): void
    update(value: number, payload?: Readonly<Record<string, unknown>>): void
    stop(): void
  }
}
