import type { DestinationSettings } from '../config/configuration.js'
import { ASSUME_ROLE_ERRORS, COMMON_ERRORS } from './aws-errors.js'
import { byName, type ErrorTable } from './error-table.js'
import { ENTRA_ERRORS, EVENT_HUBS_CLIENT_ERRORS, EVENT_HUBS_ERRORS } from './event-hubs-errors.js'
import { classifyFolderError } from './folder-errors.js'
import { KINESIS_ERRORS } from './kinesis-errors.js'
import { NETWORK_ERRORS } from './network-errors.js'
import { S3_ERRORS } from './s3-errors.js'

const AWS = [...NETWORK_ERRORS, ...ASSUME_ROLE_ERRORS, ...COMMON_ERRORS]

/** Of names that stand in several tables the last one counts. */
const TABLES: Readonly<Record<Exclude<DestinationSettings['type'], 'folder'>, ErrorTable>> = {
  s3: byName([...AWS, ...S3_ERRORS]),
  kinesis: byName([...AWS, ...KINESIS_ERRORS]),
  'event-hubs': byName([...NETWORK_ERRORS, ...ENTRA_ERRORS, ...EVENT_HUBS_CLIENT_ERRORS, ...EVENT_HUBS_ERRORS]),
}

/** What a person can do about an error of a destination, by its code; undefined for one that no table names. */
export function adviceOf(type: DestinationSettings['type'], code: string): string | undefined {
  if (type === 'folder') {
    const known = classifyFolderError(Object.assign(new Error(), { code }))
    return known.code === code ? known.advice : undefined
  }
  const table = TABLES[type]
  // The code of a denied AssumeRole says what was asked for.
  return (table.get(code) ?? table.get(code.slice(code.indexOf('.') + 1)))?.advice
}
