/** The npm package stompit. */
import { stompOnBoth } from '../src/stomp/on-both.ts'
import { stompitParty } from '../src/stomp/stompit.ts'

await stompOnBoth(stompitParty())
