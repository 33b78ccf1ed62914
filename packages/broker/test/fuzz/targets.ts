import { firstBytesTarget } from './first-bytes-target.ts'
import { stompTarget } from './stomp-target.ts'
import type { FuzzTarget } from './target.ts'
import { webSocketTarget } from './web-socket-target.ts'

export const TARGETS: readonly FuzzTarget[] = [stompTarget, firstBytesTarget, webSocketTarget]
