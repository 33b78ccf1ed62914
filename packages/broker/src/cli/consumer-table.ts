import type { ManagedConsumer } from '@millrace/client'
import { type ManageOptions, show } from './manage.ts'

export async function showConsumers(
  options: ManageOptions,
  list: AsyncIterable<ManagedConsumer>,
  one: string,
): Promise<void> {
  await show(options, list, {
    one,
    head: [
      'consumer',
      'client id',
      'user',
      'destination',
      'prefetch',
      'unacknowledged',
      'waiting',
      'out',
      'dropped',
      'slow',
    ],
    row: (it) => [
      it.consumer,
      it.clientId,
      it.user,
      it.destination,
      it.prefetch,
      it.unacknowledged,
      it.waiting,
      it.delivered,
      it.discarded,
      it.slow ? 'yes' : '',
    ],
  })
}
