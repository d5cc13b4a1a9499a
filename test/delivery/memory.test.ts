import { describe, expect, it } from 'vitest'
import { MemoryBudget, type MemoryShare } from '../../src/delivery/memory-budget.js'
import { avroObjectFile } from '../../src/encoding/avro-object-file.js'
import { PipelineHarness, schemaOf } from '../support/pipeline-harness.js'
import type { RangeParts } from '../../src/range/open-range.js'

const MIB = 1024 * 1024
const HOUR_MS = 3_600_000

/** A budget that remembers the most its only share ever held. */
class ObservedBudget extends MemoryBudget {
  mostHeldBytes = 0

  override share(onRoom: () => void): MemoryShare {
    const share = super.share(onRoom)
    const account = share.account.bind(share)
    share.account = (deltaBytes) => {
      account(deltaBytes)
      this.mostHeldBytes = Math.max(this.mostHeldBytes, share.heldBytes)
    }
    return share
  }
}

/** A harness with real object files, whose events have as many bytes as their text says: `<type> <bytes>`. */
function harness(limitBytes: number) {
  // Half of the memory is usable.
  const budget = new ObservedBudget(2 * limitBytes, 1)
  const schemas = new Map(Array.from({ length: 94 }, (_, n) => [`t${n}`, schemaOf(`t${n}`)]))
  const bytes = Buffer.alloc(900 * 1024)
  const range: Omit<RangeParts, 'topic' | 'partition' | 'account'> = {
    connector: 'c',
    plan: { folder: 'f', cluster: 'c', zone: 'z', topicInKey: false, codec: 'deflate' },
    transcoder: {
      transcode: (record) => {
        const [type = '', length] = String(record.bytes).split(' ')
        return { verdict: 'encoded', schema: schemas.get(type) ?? schemaOf(type), bytes, length: Number(length) }
      },
    },
    formats: { null: avroObjectFile({ codec: 'null' }), deflate: avroObjectFile({ codec: 'deflate' }) },
  }
  const limits = { maxEvents: 15_000, maxEventsUnderLoad: 100_000, maxBytes: 64 * MIB }
  return { h: new PipelineHarness({ range, limits, budget }), budget }
}

describe('memory holds whatever comes', () => {
  it('94 types × 24 hours × 24 partitions', async () => {
    const { h, budget } = harness(16 * MIB)
    for (let partition = 0; partition < 24; partition++) await h.assign(partition)
    const record = (n: number) => ({ text: `t${n % 94} 435`, timestampMs: Math.floor(n / 94) * HOUR_MS })
    await feed(h, { partitions: 24, count: 94 * 24, perChunk: 50, record })
    // A chunk is taken in whole: 50 events here, that may each open an object of their own.
    expect(budget.mostHeldBytes).toBeLessThan(16 * MIB + 50 * 3 * 1024)
    expect(budget.mostHeldBytes).toBeGreaterThan(15 * MIB)
    expect(h.health.totals.events).toBe(94 * 24 * 24)
  })

  it('one event of 900 KiB after the other', async () => {
    const { h, budget } = harness(8 * MIB)
    await h.assign(0)
    await feed(h, { partitions: 1, count: 200, perChunk: 1, record: () => ({ text: `t1 ${900 * 1024}` }) })
    expect(budget.mostHeldBytes).toBeLessThan(8 * MIB + MIB)
    expect(h.health.totals.events).toBe(200)
  })
})

interface Load {
  partitions: number
  /** Records of each partition. */
  count: number
  perChunk: number
  record: (n: number) => { text: string; timestampMs?: number }
}

/** Gives every partition `count` records in small chunks, as long as it is not paused, until all are delivered. */
async function feed(h: PipelineHarness, { partitions, count, perChunk, record }: Load): Promise<void> {
  const next = Array.from({ length: partitions }, () => 0)
  const paused = new Set<number>()
  while (next.some((offset) => offset < count)) {
    for (const [partition, first] of next.entries()) {
      if (paused.has(partition) || first >= count) continue
      const last = Math.min(count, first + perChunk)
      const offsets = Array.from({ length: last - first }, (_, n) => first + n)
      h.records(
        partition,
        offsets.map((offset) => ({ offset, ...record(offset) })),
      )
      next[partition] = last
      followFlow(h, paused)
    }
    await h.clock.advance(1)
    followFlow(h, paused)
  }
  await h.pipeline.stop(new AbortController().signal)
}

function followFlow(h: PipelineHarness, paused: Set<number>): void {
  for (const effect of h.effects.splice(0)) {
    const [what, partition] = effect.split(' ')
    if (what === 'pause') paused.add(Number(partition))
    if (what === 'resume') paused.delete(Number(partition))
  }
}
