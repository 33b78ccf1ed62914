/** The library stomp of Ruby. */
import { stompOnBoth } from '../src/stomp/on-both.ts'
import { rubyParty } from '../src/stomp/ruby.ts'

await stompOnBoth(await rubyParty())
