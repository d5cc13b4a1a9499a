import type { Configuration, ConnectorSettings } from '../config/configuration.js'
import { avroObjectFile } from '../encoding/avro-object-file.js'
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

/** How a connector's events become objects, as configured now. Throws `MillraceError` `CONFIGURATION` as `createTranscoder`. */
export function connectorRanges(connector: ConnectorSettings, parts: ConnectorRangesParts): ConnectorRanges {
  const { name, topics, events, fields, files, destination } = connector
  const { catalogue, onUnknownField } = parts
  const { cluster, zone } = parts.service
  const folder = 'folder' in destination ? destination.folder : ''
  return {
    connector: name,
    plan: { folder, cluster, zone, topicInKey: topics.length > 1, codec: files.codec },
    transcoder: createTranscoder({ catalogue, events, fields, onUnknownField }),
    formats: { null: avroObjectFile({ codec: 'null' }), deflate: avroObjectFile({ codec: 'deflate' }) },
  }
}
