import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  ConnectionError,
  ConnectionId,
  ExceptionResponse,
  LocalTransactionId,
  TransactionInfo,
  TransactionType,
  XATransactionId,
} from '@millrace/openwire'
import { BrokerService } from '../../src/service.ts'
import { queue, RawClient } from './raw-client.ts'

const service = new BrokerService({ memory: true, listen: ['openwire://127.0.0.1:0'], vmName: null })
let address = ''

before(async () => {
  await service.start()
  address = service.addresses[0] as string
})
after(() => service.stop())

function local(client: RawClient, number: number): LocalTransactionId {
  const id = new LocalTransactionId()
  id.connectionId = new ConnectionId()
  id.connectionId.value = client.connectionId
  id.value = number
  return id
}

function branch(number: number): XATransactionId {
  const id = new XATransactionId()
  id.formatId = 4
  id.globalTransactionId = Buffer.from([number])
  id.branchQualifier = Buffer.from([1])
  return id
}

function info(type: number, id: LocalTransactionId | XATransactionId): TransactionInfo {
  const command = new TransactionInfo()
  command.type = type as TransactionInfo['type']
  command.transactionId = id
  return command
}

describe('transactions that are not known here', () => {
  test('ending a local one that was never begun, or belongs to another connection, is a JMSException', async () => {
    const mine = await RawClient.connect(address, 'mine')
    const yours = await RawClient.connect(address, 'yours')
    yours.send(info(TransactionType.Begin, local(yours, 1)))
    await yours.barrier()
    for (const id of [local(mine, 1), local(yours, 1)]) {
      for (const type of [TransactionType.CommitOnePhase, TransactionType.Rollback]) {
        assert.equal(await mine.refused(info(type, id)), 'javax.jms.JMSException')
      }
    }
    await yours.ask(info(TransactionType.CommitOnePhase, local(yours, 1)))
  })

  test('ending a branch that is not known is an XAException whose text has XAER_NOTA', async () => {
    const client = await RawClient.connect(address, 'xa')
    for (const type of [
      TransactionType.Prepare,
      TransactionType.CommitOnePhase,
      TransactionType.CommitTwoPhase,
      TransactionType.Rollback,
      TransactionType.Forget,
    ]) {
      const response = await client.request(info(type, branch(type)))
      assert.ok(response instanceof ExceptionResponse)
      assert.equal(response.exception?.className, 'javax.transaction.xa.XAException')
      assert.match(response.exception?.message ?? '', /xaErrorCode:-4$/)
    }
  })

  test('a branch that is prepared takes no more work, and a local transaction no prepare', async () => {
    const client = await RawClient.connect(address, 'late')
    await client.ask(client.producer(1, queue('late')))
    const id = branch(100)
    client.send(info(TransactionType.Begin, id))
    const first = client.text(1, 1, queue('late'), 'x')
    first.transactionId = id
    await client.ask(first)
    await client.request(info(TransactionType.Prepare, id))
    const second = client.text(1, 2, queue('late'), 'y')
    second.transactionId = id
    assert.equal(await client.refused(second), 'javax.jms.JMSException')
    await client.ask(info(TransactionType.CommitTwoPhase, id))
    client.send(info(TransactionType.Begin, local(client, 9)))
    const prepare = info(TransactionType.Prepare, local(client, 9))
    assert.equal(await client.refused(prepare), 'javax.transaction.xa.XAException')
  })

  test('a message of a transaction that is not known is refused, and told when nobody asked', async () => {
    const client = await RawClient.connect(address, 'lost')
    await client.ask(client.producer(1, queue('lost')))
    const asked = client.text(1, 1, queue('lost'), 'x')
    asked.transactionId = local(client, 5)
    assert.equal(await client.refused(asked), 'javax.jms.JMSException')
    const oneWay = client.text(1, 2, queue('lost'), 'x')
    oneWay.transactionId = local(client, 5)
    client.send(oneWay)
    const complaint = await client.find((one) => one instanceof ConnectionError)
    assert.ok(complaint instanceof ConnectionError)
    assert.equal(complaint.exception?.className, 'javax.jms.JMSException')
  })
})
