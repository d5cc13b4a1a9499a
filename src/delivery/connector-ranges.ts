import type { Configuration, ConnectorSettings } from '../config/configuration.js'
import { avroObjectFile } from '../encoding/avro-object-file.js'
import { streamRecords, textsFor, type StreamRecordParts } from '../encoding/stream-record.js'
import type { Catalogue } from '../events/catalogue.js'
import { createTranscoder } from '../events/json-transcoder.js'
import type { RangeParts } from '../range/open-range.js'

/** What all ranges of a connector have in common, whichever partition they are of. */
export type ConnectorRanges = Omit<RangeParts, 'topic' | 'partition' | 'account'>

interface ConnectorRangesParts {
  service: Pick<Configuration['service'], 'cluster' | 'zone'>
  catalogue: Catalogue
  /** See `TranscoderParts`. */
  onUnknownField: (eventType: string) => void
}

/**
 * How a connector's events become objects or records, as configured now. Throws `MillraceError` `CONFIGURATION` as
 * `createTranscoder`.
 */
export function connectorRanges(connector: ConnectorSettings, parts: ConnectorRangesParts): ConnectorRanges {
  const { name, topics, events, fields, files, destination } = connector
  const { catalogue, onUnknownField } = parts
  const { cluster, zone } = parts.service
  const folder = 'folder' in destination ? destination.folder : ''
  const records = recordParts(connector)
  return {
    connector: name,
    plan: { folder, cluster, zone, topicInKey: topics.length > 1, codec: files.codec },
    transcoder: createTranscoder({
      catalogue,
      events,
      fields,
      onUnknownField,
      ...(records && { texts: textsFor(records) }),
    }),
    formats: { null: avroObjectFile({ codec: 'null' }), deflate: avroObjectFile({ codec: 'deflate' }) },
    ...(records && { makeRecord: streamRecords(records) }),
  }
}

/** Undefined where events go into objects. */
function recordParts({ destination, records }: ConnectorSettings): StreamRecordParts | undefined {
  if (!records || !('partitionKey' in destination)) return undefined
  const { format } = records
  const { partitionKey } = destination
  // An event hub tells its limit when it is asked, and refuses by itself what is beyond.
  const maxRecordBytes = 'maxRecordBytes' in destination ? destination.maxRecordBytes : Infinity
  return { format, partitionKey, maxRecordBytes }
}
