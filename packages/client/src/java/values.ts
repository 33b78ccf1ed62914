/** What the classes that are read turn into. */
export type JavaValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Buffer
  | JavaValue[]
  | Map<JavaValue, JavaValue>
