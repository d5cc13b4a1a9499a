import type { S3Address } from '../servers/find-servers.js'

/** What a program of the benchmark is told; (a) and (b) get it as JSON in their first argument. */
export interface PipelineTask {
  brokers: string[]
  topic: string
  /** Unique, so that every run starts at the beginning. Also the bucket. */
  name: string
  s3: S3Address
  /** Holds `TYPE/1.avsc`. */
  schemasFolder: string
}
