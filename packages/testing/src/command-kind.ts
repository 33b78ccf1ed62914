import { type DataStructure, DataType, TransactionType } from '@millrace/openwire'

/** What a client asks for, in the words of JMS. */
export type CommandKind =
  | 'connect'
  | 'session'
  | 'producer'
  | 'consumer'
  | 'send'
  | 'acknowledge'
  | 'pull'
  | 'begin'
  | 'prepare'
  | 'commit'
  | 'rollback'
  | 'destination'
  | 'close'
  | 'sync'

/** What `structure` is; null: nothing that faults are made for. */
export function kindOf(structure: DataStructure | null): CommandKind | null {
  switch (structure?.dataType) {
    case DataType.ConnectionInfo:
      return 'connect'
    case DataType.SessionInfo:
      return 'session'
    case DataType.ProducerInfo:
      return 'producer'
    case DataType.ConsumerInfo:
      return 'consumer'
    case DataType.ActiveMQMessage:
    case DataType.ActiveMQBytesMessage:
    case DataType.ActiveMQMapMessage:
    case DataType.ActiveMQObjectMessage:
    case DataType.ActiveMQStreamMessage:
    case DataType.ActiveMQTextMessage:
    case DataType.ActiveMQBlobMessage:
      return 'send'
    case DataType.MessageAck:
      return 'acknowledge'
    case DataType.MessagePull:
      return 'pull'
    case DataType.TransactionInfo:
      return transactionKind(structure.type)
    case DataType.DestinationInfo:
      return 'destination'
    case DataType.RemoveInfo:
      return 'close'
    case DataType.FlushCommand:
      return 'sync'
    default:
      return null
  }
}

function transactionKind(type: number): CommandKind | null {
  switch (type) {
    case TransactionType.Begin:
      return 'begin'
    case TransactionType.Prepare:
      return 'prepare'
    case TransactionType.CommitOnePhase:
    case TransactionType.CommitTwoPhase:
      return 'commit'
    case TransactionType.Rollback:
      return 'rollback'
    default:
      return null
  }
}
