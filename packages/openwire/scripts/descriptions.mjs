// What the fields mean, for people who read the classes. By `Structure.field`; the structure is the one that declares it.

export const STRUCTURES = {
  BaseCommand: 'What every command begins with.',
  Message: 'What all kinds of messages have in common; the kinds differ only in what `content` holds.',
  MessageId:
    'Identifies a message by its producer and a number; as text (JMSMessageID) `producerId:producerSequenceId`. `brokerSequenceId` does not count for equality.',
  ConsumerId: 'As text `connectionId:sessionId:value`.',
  ProducerId: 'As text `connectionId:sessionId:value`; on the wire the value stands before the session.',
  SessionId: 'As text `connectionId:value`. Session -1 exists on every connection without a SessionInfo.',
  ConnectionId: 'As text just the value, for example `ID:host-port-milliseconds-1:1`.',
  LocalTransactionId: 'As text `TX:connectionId:value`.',
  XATransactionId: 'One branch of a distributed transaction.',
  MessageDispatch:
    'Delivers one message to one consumer. Without a message: the end of a browse, or a pull that found nothing.',
  MessageAck:
    'Acknowledges one message or a range, in the order in which they were dispatched to this consumer. What happens to them is told by `ackType`.',
  KeepAliveInfo: 'Says that the peer is alive. Answered by another one if `responseRequired`, never by a Response.',
  ShutdownInfo: 'The polite end of a link, in both directions; not answered.',
  FlushCommand: 'A barrier: answered once everything before it is done.',
  RemoveInfo: 'Ends a connection, session, consumer or producer: which one, the kind of `objectId` tells.',
  MessagePull: 'Asks for one message for a consumer with prefetch 0.',
  ProducerAck: 'Gives `size` bytes back to the send window of a producer.',
  ConsumerControl: 'From the broker: close the consumer, or change its prefetch. From a client: its new prefetch.',
  ConnectionControl:
    'From the broker: where else to connect. From a client: `faultTolerant` when it fails over by itself.',
  ConnectionError: 'An error that no request is waiting for.',
  ExceptionResponse: 'The request failed.',
  Response: 'The request succeeded.',
  IntegerResponse: 'The vote of a prepare: 0 prepared, 3 read only and already finished.',
  DataArrayResponse: 'The answer to a recover: the ids of the prepared transactions.',
  WireFormatInfo: 'The first frame in each direction: offers a version and options. Always loose and uncached.',
  ActiveMQQueue: 'A queue; a name with commas is a composite of several destinations.',
  ActiveMQTopic: 'A topic; a name with commas is a composite of several destinations.',
  ActiveMQTempQueue: 'A queue that lives as long as the connection whose id its name begins with.',
  ActiveMQTempTopic: 'A topic that lives as long as the connection whose id its name begins with.',
  ActiveMQBytesMessage: '`content` is the bytes themselves; no content and no bytes mean the same.',
  ActiveMQMapMessage: '`content` is a primitive map; an empty one may be null.',
  ActiveMQObjectMessage: '`content` is a Java serialisation stream, passed on unseen.',
  ActiveMQStreamMessage: '`content` is a run of tagged values.',
  ActiveMQTextMessage: '`content` is the length in bytes (4 bytes) and modified UTF-8; null is the null text.',
  ActiveMQMessage: 'A message without a body.',
}

export const FIELDS = {
  'BaseCommand.commandId':
    'Numbers the commands of the sender, from 1, wrapping at 2^31; 0 for what is not numbered (responses, keep-alives, what brokers begin).',
  'BaseCommand.responseRequired': 'Asks for a Response whose `correlationId` is this `commandId`.',

  'WireFormatInfo.magic': 'The text ActiveMQ; anything else is another protocol.',
  'WireFormatInfo.version': 'The highest version the sender speaks; the smaller of both is used.',
  'WireFormatInfo.marshalledProperties': 'A primitive map with the options; see `wireFormatProperties`.',

  'BrokerInfo.peerBrokerInfos': 'Other brokers that clients may use.',
  'BrokerInfo.faultTolerantConfiguration': 'Makes clients send every acknowledgement at once.',
  'BrokerInfo.networkProperties': 'The options of a network bridge, as Java properties text.',
  'BrokerInfo.connectionId': 'A number without use; not a ConnectionId.',

  'ConnectionInfo.clientId': 'The name of the client, which only one connection may have at a time. Never null.',
  'ConnectionInfo.brokerPath': 'The brokers it has come through.',
  'ConnectionInfo.manageable': 'Ready for ConnectionControl and ConsumerControl.',
  'ConnectionInfo.clientMaster': 'True from all clients.',
  'ConnectionInfo.faultTolerant': 'The client fails over by itself.',
  'ConnectionInfo.failoverReconnect': 'The client was connected before; this is a replay of its state.',
  'ConnectionInfo.clientIp': 'Filled in by the broker.',

  'ConsumerInfo.consumerId': 'Chosen by the client.',
  'ConsumerInfo.browser': 'Looks at the messages of a queue and removes none.',
  'ConsumerInfo.destination': 'May be a composite (commas) or a pattern (`*` one element, `>` all that follow).',
  'ConsumerInfo.prefetchSize':
    'Messages that may be dispatched and not yet acknowledged; 0: only what a MessagePull asks for.',
  'ConsumerInfo.maximumPendingMessageLimit':
    'Topics: messages the broker may keep for a slow consumer beyond its prefetch; 0: the default of the broker.',
  'ConsumerInfo.dispatchAsync': 'A hint about threads in other brokers.',
  'ConsumerInfo.selector': 'SQL-like condition on headers and properties, or null for all messages.',
  'ConsumerInfo.clientId': 'A copy of the client id, for information.',
  'ConsumerInfo.subscriptionName': 'Makes a durable subscription of a consumer on a topic; null otherwise.',
  'ConsumerInfo.noLocal': 'Leave out what this connection itself sends.',
  'ConsumerInfo.exclusive': 'Of all consumers of the queue only the first exclusive one gets messages.',
  'ConsumerInfo.retroactive': 'Topics: also some messages from before the subscription, as the broker is configured.',
  'ConsumerInfo.priority': 'Consumers with a higher one are served first; 0 by default, bridges use -5 and below.',
  'ConsumerInfo.brokerPath': 'Bridges: the brokers the subscription has come through.',
  'ConsumerInfo.additionalPredicate': 'Bridges: do not send back what came from there.',
  'ConsumerInfo.networkSubscription': 'The consumer is a bridge to another broker.',
  'ConsumerInfo.optimizedAcknowledge': 'The client gathers its acknowledgements; for information.',
  'ConsumerInfo.noRangeAcks': 'The client acknowledges one message at a time.',
  'ConsumerInfo.networkConsumerPath': 'Bridges: the consumers this one stands for.',

  'ProducerInfo.destination': 'Null: each message names its own.',
  'ProducerInfo.windowSize':
    'Bytes that may be sent and not yet given back by ProducerAck; 0: no window. A message counts 1024 bytes plus its content and properties.',

  'TransactionInfo.transactionId': 'Null with `TransactionType.Recover`.',
  'TransactionInfo.type': 'One of `TransactionType`.',

  'DestinationInfo.operationType': 'One of `DestinationOperation`.',
  'DestinationInfo.timeout': 'Milliseconds to wait, when removing, for consumers to go; clients send 0.',

  'RemoveSubscriptionInfo.clientId': 'For information: the client id of the connection counts.',

  'RemoveInfo.objectId': 'A connection, session, consumer or producer.',
  'RemoveInfo.lastDeliveredSequenceId':
    'Consumers: `brokerSequenceId` of the last message that the application saw; -1 none was delivered, -2 unknown (see `LastDelivered`). What came later was not delivered and comes again without counting as redelivered.',

  'ConsumerControl.prefetch': 'The new prefetch size, in messages.',
  'ConnectionControl.connectedBrokers': 'Addresses separated by commas.',
  'ConnectionControl.reconnectTo': 'An address the client shall go to, or empty.',

  'ProducerAck.size': 'Bytes.',

  'MessagePull.consumerId': 'A consumer with prefetch 0.',
  'MessagePull.timeout':
    'Milliseconds until the broker answers that it found nothing; -1 answers at once, 0 waits for ever.',
  'MessagePull.correlationId': 'Only this correlation id; unused by clients.',
  'MessagePull.messageId': 'Only this message; unused by clients.',

  'MessageDispatch.destination': 'Where the message is; null without a message.',
  'MessageDispatch.message': 'With the `commandId` and `responseRequired` its producer gave it: without meaning here.',
  'MessageDispatch.redeliveryCounter': 'Earlier deliveries; wins over the one in the message.',

  'MessageAck.destination': 'Where the consumer is.',
  'MessageAck.transactionId': 'The transaction whose commit makes this happen, or null for now.',
  'MessageAck.ackType': 'One of `AckType`.',
  'MessageAck.firstMessageId':
    'The first of the range, in the order of dispatch; null: from the oldest that is outstanding (with `AckType.Individual` always null).',
  'MessageAck.lastMessageId': 'The last of the range, or the only one with `AckType.Individual`.',
  'MessageAck.messageCount':
    'Messages in the range. Outside a transaction a standard acknowledgement must have it exactly.',
  'MessageAck.poisonCause': 'Why the client gave up, with `AckType.Poison`.',

  'Message.producerId': 'Who sent it; null for messages that were made by a broker of old.',
  'Message.destination': 'Where it was sent to, or where the broker has moved it.',
  'Message.transactionId': 'The transaction whose commit sends it, or null.',
  'Message.originalDestination': 'Where it was before the broker moved it (virtual topics, dead letters, bridges).',
  'Message.originalTransactionId': 'The transaction it had before the broker moved it.',
  'Message.groupID': 'JMSXGroupID: messages of one group go to one consumer.',
  'Message.groupSequence': 'JMSXGroupSeq: the number within the group; a negative one ends the group.',
  'Message.correlationId': 'JMSCorrelationID.',
  'Message.persistent': 'JMSDeliveryMode. False on the wire unless set; JMS producers set it.',
  'Message.expiration': 'JMSExpiration: milliseconds since 1970, 0 for never.',
  'Message.priority': 'JMSPriority: 0 to 9, normally 4.',
  'Message.replyTo': 'JMSReplyTo.',
  'Message.timestamp': 'JMSTimestamp: milliseconds since 1970, set by the sender.',
  'Message.type': 'JMSType.',
  'Message.content':
    'The body in the form of its kind, or null. Decoded from a frame it is a view of what was received: who keeps it copies it.',
  'Message.marshalledProperties':
    'The properties as a primitive map, null if there never were any. Decoded from a frame it is a view, as `content`.',
  'Message.dataStructure': 'What an advisory is about.',
  'Message.targetConsumerId': 'Only this consumer gets it (replayed advisories).',
  'Message.compressed': '`content` is a zlib stream of the body; see `inflateContent`.',
  'Message.redeliveryCounter': 'Earlier deliveries: JMSXDeliveryCount minus 1. A MessageDispatch says it anew.',
  'Message.brokerPath': 'Bridges: the brokers it has come through.',
  'Message.arrival': 'Used inside other brokers; 0 on the wire.',
  'Message.userID': 'JMSXUserID: filled in by a broker that is told to.',
  'Message.recievedByDFBridge': 'Used between other brokers (with this spelling): send false, keep what comes.',
  'Message.droppable': 'Used inside other brokers: send false, keep what comes.',
  'Message.cluster': 'Unused.',
  'Message.brokerInTime': 'When a broker took it: milliseconds since 1970.',
  'Message.brokerOutTime': 'When a broker dispatched it: milliseconds since 1970.',
  'Message.jmsXGroupFirstForConsumer': 'JMSXGroupFirstForConsumer: the first one of its group for this consumer.',

  'ActiveMQBlobMessage.remoteBlobUrl': 'Where to fetch the body.',
  'ActiveMQBlobMessage.deletedByBroker': 'The broker deletes the body when the message is gone.',

  'Response.correlationId': 'The `commandId` of the request.',

  'SubscriptionInfo.subscribedDestination': 'What was asked for, where `destination` is the concrete one.',
  'NetworkBridgeFilter.networkBrokerId': 'The broker not to send back to.',

  'ActiveMQDestination.physicalName': 'Without prefix and options.',

  'MessageId.textView': 'A message id of another protocol, which is then the JMSMessageID; else null.',
  'MessageId.producerSequenceId': 'Counts from 1 for each producer.',
  'MessageId.brokerSequenceId': 'Given by the broker, rising; 0 from a client. Comes back in acknowledgements.',

  'SessionId.connectionId': 'The text of the ConnectionId.',
  'ConsumerId.connectionId': 'The text of the ConnectionId.',
  'ProducerId.connectionId': 'The text of the ConnectionId.',
}
