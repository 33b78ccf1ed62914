import type { Step } from '../step.ts'
import { acknowledge } from './acknowledge.ts'
import { cutPower, kill, start, stop } from './broker.ts'
import { burst } from './burst.ts'
import { browse, closeConsumer, consume, pull, subscribeDurably, unsubscribe } from './consume.ts'
import { fault, fill, free } from './disk.ts'
import { changePolicies, revive } from './operate.ts'
import { connect, cut, forget, goodbye, reconnect } from './links.ts'
import { race } from './race.ts'
import { cancel, schedule } from './schedule.ts'
import { send } from './send.ts'
import { share, unshare } from './shared.ts'
import { intrude, makeTemporary, sendTemporary } from './temporary.ts'
import { leap, rest, tick, wait } from './time.ts'
import { settleBranch, transact } from './transactions.ts'

/** Everything that can happen in a history. A new kind of step is added here; docs/simulator.md says how. */
export const STEPS: readonly Step[] = [
  connect,
  reconnect,
  forget,
  cut,
  goodbye,
  send,
  burst,
  race,
  consume,
  browse,
  subscribeDurably,
  unsubscribe,
  closeConsumer,
  pull,
  acknowledge,
  transact,
  settleBranch,
  start,
  kill,
  cutPower,
  stop,
  fill,
  free,
  fault,
  tick,
  wait,
  rest,
  schedule,
  cancel,
  share,
  unshare,
  makeTemporary,
  sendTemporary,
  intrude,
  revive,
  changePolicies,
  leap,
]
