import type { CallLimits, Destination, Payload, RecordPayload, StreamDestination } from '../destinations/destination.js'

type Writer<P extends Payload> = Pick<Destination<P>, 'write'> & Partial<Pick<StreamDestination, 'most'>>

/**
 * What a destination is given call by call, one after the other: objects all at once, records within the limits of a call.
 * No record of a partition key is in an earlier call than one before it.
 */
export function callsOf<P extends Payload>(payloads: readonly P[], { most }: Writer<P>): (readonly P[])[] {
  if (!most) return [payloads]
  const calls: Call<P>[] = []
  const lastOfKey = new Map<string, number>()
  for (const payload of payloads) {
    const key = partitionKeyOf(payload)
    let n = key === null ? 0 : (lastOfKey.get(key) ?? 0)
    while (calls[n]?.takes(payload, most) === false) n++
    const call = (calls[n] ??= new Call())
    call.add(payload)
    if (key !== null) lastOfKey.set(key, n)
  }
  return calls.map(({ payloads: mine }) => mine)
}

/** What keeps a payload in order among others; null: nothing does. */
function partitionKeyOf(payload: Payload): string | null {
  return isRecord(payload) ? payload.partitionKey : null
}

export function isRecord(payload: Payload): payload is RecordPayload {
  return 'partitionKey' in payload
}

class Call<P extends Payload> {
  readonly payloads: P[] = []
  readonly #ofKey = new Map<string, number>()
  #bytes = 0

  takes(payload: P, { records, bytes, perKey }: CallLimits): boolean {
    const ofKey = this.#ofKey.get(partitionKeyOf(payload) ?? '') ?? 0
    return this.payloads.length < records && this.#bytes + sizeOf(payload) <= bytes && ofKey < perKey
  }

  add(payload: P): void {
    this.payloads.push(payload)
    this.#bytes += sizeOf(payload)
    const key = partitionKeyOf(payload)
    if (key !== null) this.#ofKey.set(key, (this.#ofKey.get(key) ?? 0) + 1)
  }
}

function sizeOf(payload: Payload): number {
  return isRecord(payload) ? payload.bytes.length + Buffer.byteLength(payload.partitionKey ?? '') : 0
}
