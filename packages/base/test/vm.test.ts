import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findVm, registerVm, unregisterVm, type VmConnect, type VmPeer } from '../src/vm.ts'

const peer: VmPeer = { receive: () => {}, closed: () => {} }
const connect: VmConnect = () => peer

test('a broker is found by its name until it is gone', () => {
  assert.equal(findVm('one'), undefined)
  assert.equal(registerVm('one', connect), true)
  assert.equal(findVm('one'), connect)
  assert.equal(findVm('two'), undefined)
  unregisterVm('one')
  assert.equal(findVm('one'), undefined)
  unregisterVm('one')
})

test('a name that is taken is refused and stays with its owner', () => {
  assert.equal(registerVm('same', connect), true)
  assert.equal(
    registerVm('same', () => peer),
    false,
  )
  assert.equal(findVm('same'), connect)
  unregisterVm('same')
  assert.equal(registerVm('same', connect), true)
  unregisterVm('same')
})

test('another copy of the module sees the same brokers', async () => {
  const copy = (await import(new URL('../src/vm.js?copy', import.meta.url).href)) as { findVm: typeof findVm }
  assert.notEqual(copy.findVm, findVm)
  registerVm('shared', connect)
  assert.equal(copy.findVm('shared'), connect)
  unregisterVm('shared')
})
