import { createHash } from 'node:crypto'
import type { DestinationSettings } from './configuration.js'

/**
 * Names where a connector delivers, in 12 hexadecimal digits: the same as long as bucket, stream or folder stay the same,
 * whatever becomes of its credentials. Failing credentials have a clock for each place (delivery.md §3).
 */
export function placeId(destination: DestinationSettings): string {
  return createHash('sha256')
    .update(JSON.stringify(placeOf(destination)))
    .digest('hex')
    .slice(0, 12)
}

/** Bucket names are unique in all of AWS, stream names within a region. */
function placeOf(destination: DestinationSettings): unknown[] {
  switch (destination.type) {
    case 's3':
      return ['s3', destination.endpoint ?? null, destination.bucket, destination.folder]
    case 'folder':
      return ['folder', destination.path, destination.folder]
    case 'kinesis':
      return ['kinesis', destination.endpoint ?? null, destination.region, destination.stream]
    case 'event-hubs':
      return ['event-hubs', destination.account, destination.eventHub]
  }
}
