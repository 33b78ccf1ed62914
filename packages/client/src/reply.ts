import {
  type DataArrayResponse,
  type DataResponse,
  DataType,
  type ExceptionResponse,
  type IntegerResponse,
  type Response,
} from '@millrace/openwire'
import type { JMSError } from './errors.ts'

/** What answers a command that asked for an answer. */
export type Reply = Response | ExceptionResponse | IntegerResponse | DataResponse | DataArrayResponse

/** Gets the answer to one command; exactly one of the two is called, once. */
export interface Pending {
  replied(reply: Reply): void
  failed(error: JMSError): void
}

export function isFailure(reply: Reply): reply is ExceptionResponse {
  return reply.dataType === DataType.ExceptionResponse
}

/** A promise that is already resolved: what the usual case of a one-way send returns. */
export const DONE: Promise<void> = Promise.resolve()
