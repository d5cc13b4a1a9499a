/** What `scripts/bench.mjs` has read from the command line. */
export interface BenchOptions {
  events: number
  rounds: number
  sink: 'http' | 's3proxy'
  /** Letters of the programs that run. */
  only: string
  check: boolean
  json: boolean
}
