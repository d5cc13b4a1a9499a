import { serviceErrors } from './aws-errors.js'
import { diagnoseAws, diagnoseNamed } from './aws-failure.js'
import type { Diagnosis } from './diagnosis.js'
import type { EntryAnswer } from './kinesis-client.js'
import { KINESIS_ERRORS } from './kinesis-errors.js'

const ERRORS = serviceErrors(KINESIS_ERRORS)

/** What an error of a request to Kinesis means. */
export function diagnose(error: unknown, nowMs: number): Diagnosis {
  return diagnoseAws(error, ERRORS, nowMs)
}

/** What the answer to one record means; undefined: it is in the stream. */
export function diagnoseAnswer({ sequenceNumber, errorCode, errorMessage }: EntryAnswer): Diagnosis | undefined {
  if (errorCode) return { ...diagnoseNamed(errorCode, errorMessage ?? '', ERRORS), hitsAll: false }
  return sequenceNumber ? undefined : UNCONFIRMED
}

/** What is not said to be in the stream is not. */
export const UNCONFIRMED: Diagnosis = {
  class: 'transient',
  code: 'UNCONFIRMED',
  said: 'The server answered without saying where the record is',
  advice: 'It is tried again.',
  hitsAll: false,
}

export const TOO_SLOW: Diagnosis = {
  class: 'transient',
  code: 'TOO_SLOW',
  said: 'The request took too long for its size',
  advice: 'It is tried again; check the network if it persists.',
  hitsAll: true,
}

export const ABORTED: Diagnosis = {
  class: 'transient',
  code: 'ABORTED',
  said: 'Writing was cut short',
  advice: '',
  hitsAll: false,
}

/** A record that no request can carry. */
export function tooLarge(bytes: number, mostBytes: number): Diagnosis {
  const said = `It has ${bytes} bytes with its partition key, and may have ${mostBytes}`
  const advice = 'Raise destination.maxRecordBytes if the stream takes more.'
  return { class: 'rejected', code: 'RECORD_TOO_LARGE', said, advice, hitsAll: false }
}
