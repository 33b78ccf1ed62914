/** The versions of the protocol, in their order. */
export const Version = { V10: 0, V11: 1, V12: 2 } as const
export type Version = (typeof Version)[keyof typeof Version]

/** As they are written, by their number. */
export const versionTexts: readonly string[] = ['1.0', '1.1', '1.2']

/** The newest of a client's list that we speak too; a client without a list speaks 1.0. Null: there is none. */
export function commonVersion(accepted: string | null): Version | null {
  if (accepted === null) return Version.V10
  let best = -1
  for (const text of accepted.split(',')) best = Math.max(best, versionTexts.indexOf(text.trim()))
  return best < 0 ? null : (best as Version)
}
