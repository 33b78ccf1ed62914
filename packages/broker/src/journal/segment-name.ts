/** A place is a segment's number and an offset in it. */
export const SEGMENT_SPAN: number = 2 ** 32

export function segmentOf(place: number): number {
  return Math.floor(place / SEGMENT_SPAN)
}

export function segmentName(number: number): string {
  return `segment-${String(number).padStart(10, '0')}.journal`
}
