import type { DestinationSettings } from '../config/configuration.js'
import { serviceErrors } from './aws-errors.js'
import { byName, type ErrorTable } from './error-table.js'
import { ENTRA_ERRORS, EVENT_HUBS_CLIENT_ERRORS, EVENT_HUBS_ERRORS } from './event-hubs-errors.js'
import { classifyFolderError } from './folder-errors.js'
import { KINESIS_ERRORS } from './kinesis-errors.js'
import { NETWORK_ERRORS } from './network-errors.js'
import { S3_ERRORS } from './s3-errors.js'

interface Tables {
  answers: ErrorTable
  /** Of an account's role that could not be taken. */
  assumeRole?: ErrorTable
}

/** Of names that stand in several tables the last one counts. */
const TABLES: Readonly<Record<Exclude<DestinationSettings['type'], 'folder'>, Tables>> = {
  s3: serviceErrors([...NETWORK_ERRORS, ...S3_ERRORS]),
  kinesis: serviceErrors([...NETWORK_ERRORS, ...KINESIS_ERRORS]),
  'event-hubs': {
    answers: byName([...NETWORK_ERRORS, ...ENTRA_ERRORS, ...EVENT_HUBS_CLIENT_ERRORS, ...EVENT_HUBS_ERRORS]),
  },
}

/** Stands before what was answered when the role of the account was asked for. */
const ASSUME_ROLE = 'AssumeRole.'

/** What a person can do about an error of a destination, by its code; undefined for one that no table names. */
export function adviceOf(type: DestinationSettings['type'], code: string): string | undefined {
  if (type === 'folder') {
    const known = classifyFolderError(Object.assign(new Error(), { code }))
    return known.code === code ? known.advice : undefined
  }
  const { answers, assumeRole } = TABLES[type]
  if (code.startsWith(ASSUME_ROLE)) return assumeRole?.get(code.slice(ASSUME_ROLE.length))?.advice
  return answers.get(code)?.advice
}
