import type {
  connectorDetails,
  ConnectorDocument,
  ErrorDocument,
  InstanceDocument,
  TimelineDocument,
} from '../../health/api/documents.js'

/** What `millrace status` shows, in the words of the API, wherever it comes from; with `--json` the document it prints. */
export interface Overview {
  source: 'instance' | 'kafka'
  /** Processes that live. */
  instances: readonly InstanceDocument[]
  /** Those asked for. */
  connectors: readonly (ConnectorDocument | ConnectorDetails)[]
}

/** The one connector that was asked for. */
export type ConnectorDetails = ReturnType<typeof connectorDetails> & {
  errors: readonly ErrorDocument[]
  timeline: readonly TimelineDocument[]
}

/** An overview with the place it was got from, and why not from an instance. */
export interface Found {
  overview: Overview
  /** `http://127.0.0.1:8080`, or Kafka. */
  from: string
  note?: string
}
