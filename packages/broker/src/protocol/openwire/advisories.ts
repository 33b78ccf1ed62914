import {
  connectionIdOf,
  ConnectionInfo,
  ConsumerInfo,
  type DataStructure,
  DestinationInfo,
  DestinationOperation,
  LastDelivered,
  parseConsumerId,
  parseProducerId,
  ProducerInfo,
  RemoveInfo,
} from '@millrace/openwire'
import type { Advisory } from '../../message/advisory.ts'
import type { Destination } from '../../message/destination.ts'
import { writeDestination } from './identities.ts'

/** What an advisory tells, as the command that a client would have sent. */
export function writeAdvisory(advisory: Advisory): DataStructure {
  switch (advisory.kind) {
    case 'destination-added':
      return destinationInfo(advisory.destination, advisory.connectionId, DestinationOperation.Add)
    case 'destination-removed':
      return destinationInfo(advisory.destination, advisory.connectionId, DestinationOperation.Remove)
    case 'consumer-added': {
      const info = new ConsumerInfo()
      info.consumerId = parseConsumerId(advisory.consumerId)
      info.destination = writeDestination(advisory.destination)
      return info
    }
    case 'consumer-removed':
      return removeInfo(parseConsumerId(advisory.consumerId))
    case 'producer-added': {
      const info = new ProducerInfo()
      info.producerId = parseProducerId(advisory.producerId)
      info.destination = writeDestination(advisory.destination)
      return info
    }
    case 'producer-removed':
      return removeInfo(parseProducerId(advisory.producerId))
    case 'connection-added': {
      const info = new ConnectionInfo()
      info.connectionId = connectionIdOf(advisory.connectionId)
      info.clientId = advisory.clientId
      return info
    }
    case 'connection-removed':
      return removeInfo(connectionIdOf(advisory.connectionId))
  }
}

function destinationInfo(destination: Destination, connection: string | null, operation: number): DestinationInfo {
  const info = new DestinationInfo()
  info.connectionId = connection === null ? null : connectionIdOf(connection)
  info.destination = writeDestination(destination)
  info.operationType = operation
  return info
}

function removeInfo(id: RemoveInfo['objectId']): RemoveInfo {
  const info = new RemoveInfo()
  info.objectId = id
  info.lastDeliveredSequenceId = LastDelivered.Unknown
  return info
}
