/** How a source talks to the brokers. The defaults are for production; tests shorten the times. */
export interface SourceTuning {
  /** A member that is silent for so long is expelled. Brokers allow 6 s to 30 min. */
  sessionTimeoutMs: number
  /** A rebalance waits so long for members to join. */
  rebalanceTimeoutMs: number
  /** See `sessionTuning`. */
  heartbeatIntervalMs: number
  /** How often new partitions are looked for. */
  metadataMaxAgeMs: number
  /** How often a topic that does not exist is looked for. */
  missingTopicCheckMs: number
  /** A fetch that finds nothing waits so long; also the longest time until a resumed partition is asked for. */
  maxWaitMs: number
  /** Of one fetch over all partitions of a broker: the larger, the fewer requests, and the more memory at once. */
  maxBytes: number
  /** Of one partition in one fetch; a record batch that is larger still comes through, alone. */
  maxBytesPerPartition: number
}

export const defaultTuning: SourceTuning = {
  ...sessionTuning(30_000),
  rebalanceTimeoutMs: 60_000,
  metadataMaxAgeMs: 30_000,
  missingTopicCheckMs: 5_000,
  maxWaitMs: 300,
  maxBytes: 4 << 20,
  maxBytesPerPartition: 256 << 10,
}

/** Heartbeats in proportion to the session timeout: a tenth of it, so that several may get lost. */
export function sessionTuning(
  sessionTimeoutMs: number,
): Pick<SourceTuning, 'sessionTimeoutMs' | 'heartbeatIntervalMs'> {
  return { sessionTimeoutMs, heartbeatIntervalMs: sessionTimeoutMs / 10 }
}
