import { decodeMetadata, type CredentialMarks } from '../../range/commit-metadata.js'
import type { KnownMarks } from './credential-clock.js'
import { orNull, type GroupView } from '../views.js'

/** What one partition of the connector has recorded about its credentials. */
interface PartitionMarks extends KnownMarks {
  source: string
  /** How many steps people have been told of, of the failure it names. */
  told: number
}

export interface Told {
  /** How many steps people have been told of. */
  told: number
  /** The first of the partitions that have recorded the failure. */
  first: string | undefined
  /** The first of those in which it stands that people were told. */
  firstTold: string | undefined
}

/** What a look has found. */
export interface Look {
  all: readonly KnownMarks[]
  /** Of partitions that have delivered since the look before. */
  delivering: readonly KnownMarks[]
  /** When the look before was, by our clock; -Infinity when there was none. */
  beforeMs: number
}

/** The marks of all partitions, whoever owns them, as they were at the last look. */
export class GroupMarks {
  #partitions: readonly PartitionMarks[] = []
  #lookedMs = -Infinity
  /** When each partition has delivered last, as it was recorded at the look before. */
  readonly #deliveredAtMs = new Map<string, number>()

  constructor(
    private readonly group: GroupView,
    /** Where the connector delivers: a failure at another place is none of ours. */
    private readonly place: string,
  ) {}

  /** What looks have seen so far does not count any more: the next one tells of no news. */
  reset(): void {
    this.#deliveredAtMs.clear()
    this.#lookedMs = -Infinity
  }

  /** Asks Kafka at `nowMs`. Resolves to null when Kafka does not say. */
  async look(nowMs: number): Promise<Look | null> {
    const committed = await this.group.committed().catch(orNull)
    if (!committed) return null
    this.#partitions = committed.flatMap(({ source, metadata }) => {
      const decoded = decodeMetadata(metadata)
      const told = decoded.kind === 'ours' ? (decoded.marks.failing?.told ?? 0) : 0
      return decoded.kind === 'ours' ? [{ source, told, ...this.known(decoded.marks) }] : []
    })
    const beforeMs = this.#lookedMs
    this.#lookedMs = nowMs
    const delivering = this.#partitions.filter((partition) => this.#hasDelivered(partition))
    return { all: this.#partitions, delivering, beforeMs }
  }

  known({ deliveredAtMs, failing }: CredentialMarks): KnownMarks {
    return {
      ...(deliveredAtMs !== undefined && { deliveredAtMs }),
      ...(failing?.place === this.place && { failingSinceMs: failing.sinceMs }),
    }
  }

  /** Of the failure with this T0, as it was recorded at the last look. */
  toldOf(sinceMs: number): Told {
    const recorded = this.#partitions.filter(({ failingSinceMs }) => failingSinceMs === sinceMs).sort(inOrder)
    const told = Math.max(0, ...recorded.map((partition) => partition.told))
    const firstTold = recorded.find((partition) => partition.told > 0)?.source
    return { told, first: recorded[0]?.source, firstTold }
  }

  /** Where a failure stands that came after the delivery, nobody delivers any more. */
  #hasDelivered({ source, deliveredAtMs, failingSinceMs = -Infinity }: PartitionMarks): boolean {
    if (deliveredAtMs === undefined) return false
    const beforeMs = this.#deliveredAtMs.get(source)
    this.#deliveredAtMs.set(source, deliveredAtMs)
    return beforeMs !== undefined && deliveredAtMs > beforeMs && failingSinceMs < deliveredAtMs
  }
}

/** The same for every instance. */
function inOrder(a: PartitionMarks, b: PartitionMarks): number {
  return a.source < b.source ? -1 : 1
}

/** Beside a failure stands the success that it follows: what was acknowledged while a lease died stands nowhere else. */
export function withFailure(
  marks: CredentialMarks,
  failing: NonNullable<CredentialMarks['failing']>,
  lastSuccessMs: number,
): CredentialMarks {
  const deliveredAtMs = Math.max(marks.deliveredAtMs ?? -Infinity, lastSuccessMs)
  return { ...marks, ...(Number.isFinite(deliveredAtMs) && { deliveredAtMs }), failing }
}
