import { JMSError } from '../errors.ts'
import { readLocalText } from '../local-file.ts'

/** A list of brokers is short; what is longer is something else. */
const LENGTH_MAX = 65_536

/**
 * `updateURIsURL`: a file, or what an http or https server says, with addresses that commas or lines separate. Gives a
 * comma list.
 */
export async function readNamedBrokers(place: string, signal: AbortSignal): Promise<string> {
  const text = /^https?:/i.test(place) ? await fetched(place, signal) : await readLocalText(place, signal)
  if (text.length > LENGTH_MAX)
    throw new JMSError(`${place} is no list of brokers: it is ${text.length} characters long`)
  return text
    .split(/[\r\n,]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '' && !one.startsWith('#'))
    .join(',')
}

async function fetched(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal, redirect: 'error' })
  if (!response.ok) throw new JMSError(`${url} answered ${response.status}`)
  return await response.text()
}
