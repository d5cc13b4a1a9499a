/** Where the programs of the benchmark write. */
export interface SinkAddress {
  s3: { endpoint: string; accessKeyId: string; secretAccessKey: string }
  /** What takes PutRecords, for any credentials. */
  kinesis: { endpoint: string }
  eventHubs: { connectionString: string }
}

/** What a program of the benchmark is told; all but Millrace get it as JSON in their first argument. */
export interface PipelineTask {
  brokers: string[]
  topic: string
  /** Unique, so that every run starts at the beginning. Also the bucket, the stream or the event hub. */
  name: string
  sink: SinkAddress
  /** Holds `TYPE/1.avsc`. */
  schemasFolder: string
  /** Of a stream: whether records of one `user_id` go together, in their order. */
  keyed: boolean
}
