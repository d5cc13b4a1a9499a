import { partitionKey } from './topic-partitions.js'

/** A member of the group as the leader sees it. */
export interface MemberClaim {
  memberId: string
  topics: string[]
  /** Partitions it held in `generation`, as `topic/partition`, each once. */
  owned: string[]
  /** -1 when it held nothing yet. */
  generation: number
}

export type Assignment = Map<string, Record<string, number[]>>

/** Divides partitions among members: every partition of a topic somebody wants goes to exactly one who wants it. */
export interface Assigner {
  /** How members agree on an assigner: the first name all of them know. */
  name: string
  assign(members: MemberClaim[], partitionsOf: (topic: string) => number[]): Assignment
}

interface Partition {
  topic: string
  partition: number
  key: string
}

/** Kafka's own simplest assigner, understood by every client: partitions are dealt out like cards. */
export const roundRobinAssigner: Assigner = {
  name: 'RoundRobinAssigner',
  assign(members, partitionsOf) {
    const shares = new Shares(members)
    const order = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
    let turn = 0
    for (const partition of allPartitions(members, partitionsOf)) {
      while (!order[turn % order.length]?.topics.includes(partition.topic)) turn++
      shares.give(order[turn++ % order.length]!.memberId, partition)
    }
    return shares.assignment
  },
}

/** Every member keeps what it had as far as its fair share allows; the rest goes to whoever has least. */
export const stickyAssigner: Assigner = {
  name: 'millrace-sticky',
  assign(members, partitionsOf) {
    const shares = new Shares(members)
    const free = new Map(allPartitions(members, partitionsOf).map((partition) => [partition.key, partition]))
    const kept = keptPartitions(members, free)
    const share = Math.floor(free.size / members.length)
    let oneMore = free.size % members.length
    for (const [memberId, partitions] of kept) {
      const takesOneMore = partitions.length > share && oneMore > 0
      if (takesOneMore) oneMore--
      for (const partition of partitions.slice(0, takesOneMore ? share + 1 : share)) {
        shares.give(memberId, partition)
        free.delete(partition.key)
      }
    }
    for (const partition of free.values()) shares.give(shares.leastOf(members, partition.topic), partition)
    return shares.assignment
  },
}

/** What each member may keep, whoever has most first. Of two claims the newer generation counts: the older one slept. */
function keptPartitions(members: MemberClaim[], wanted: Map<string, Partition>): [string, Partition[]][] {
  const owners = new Map<string, MemberClaim>()
  for (const member of members) {
    for (const key of member.owned) {
      const other = owners.get(key)
      if (!other || other.generation < member.generation) owners.set(key, member)
    }
  }
  const kept = members.map((member): [string, Partition[]] => [
    member.memberId,
    member.owned.flatMap((key) => {
      const partition = wanted.get(key)
      return partition && owners.get(key) === member && member.topics.includes(partition.topic) ? [partition] : []
    }),
  ])
  return kept.sort(([a, mine], [b, theirs]) => theirs.length - mine.length || (a < b ? -1 : 1))
}

function allPartitions(members: MemberClaim[], partitionsOf: (topic: string) => number[]): Partition[] {
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort()
  return topics.flatMap((topic) =>
    partitionsOf(topic).map((partition) => ({ topic, partition, key: partitionKey(topic, partition) })),
  )
}

class Shares {
  readonly assignment: Assignment = new Map()
  readonly #sizes = new Map<string, number>()

  constructor(members: MemberClaim[]) {
    for (const { memberId } of members) this.assignment.set(memberId, {})
  }

  give(memberId: string, { topic, partition }: Partition): void {
    const share = this.assignment.get(memberId)!
    ;(share[topic] ??= []).push(partition)
    this.#sizes.set(memberId, this.#sizeOf(memberId) + 1)
  }

  leastOf(members: MemberClaim[], topic: string): string {
    const able = members.filter((member) => member.topics.includes(topic))
    return able.reduce((a, b) => (this.#sizeOf(b.memberId) < this.#sizeOf(a.memberId) ? b : a)).memberId
  }

  #sizeOf(memberId: string): number {
    return this.#sizes.get(memberId) ?? 0
  }
}
