/** The npm package @stomp/stompjs over TCP. */
import { stompOnBoth } from '../src/stomp/on-both.ts'
import { stompjsParty } from '../src/stomp/stompjs.ts'

await stompOnBoth(stompjsParty('stomp'))
