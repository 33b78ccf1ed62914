import { LastDelivered, RemoveInfo } from '@millrace/openwire'

/** What the broker is told when something of this connection ends. `lastDelivered`: what its consumers delivered last. */
export function removal(id: RemoveInfo['objectId'], lastDelivered: number = LastDelivered.Unknown): RemoveInfo {
  const remove = new RemoveInfo()
  remove.objectId = id
  remove.lastDeliveredSequenceId = lastDelivered
  return remove
}
