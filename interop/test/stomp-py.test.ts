/** stomp.py of Python, over TCP and in WebSockets. */
import { stompOnBoth } from '../src/stomp/on-both.ts'
import { stompPyParty } from '../src/stomp/python.ts'

await stompOnBoth(await stompPyParty('stomp'), await stompPyParty('ws'))
