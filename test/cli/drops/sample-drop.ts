import type { Drop } from '../../../src/cli/drops/ledger.js'
import { ledgerId } from '../../../src/delivery/ledger-entry.js'

/** An entry of connector `local` for `events`/0, sound in every way. */
export function sampleDrop(firstOffset: number, lastOffset: number, more: Partial<Drop> = {}): Drop {
  const place = { connector: 'local', topic: 'events', partition: 0, firstOffset, lastOffset }
  const events = lastOffset - firstOffset + 1
  const drop: Drop = {
    ...{
      v: 1,
      id: '',
      ...place,
      failingSince: '2026-11-01T00:00:00.000Z',
      events,
      bytes: 700,
      filtered: 0,
      removed: 0,
    },
    ...{ eventTypes: { 'a.B': events }, tombstones: 0, firstEventAt: null, lastEventAt: null, reason: 'credentials' },
    ...{ droppedAt: '2026-11-03T00:00:00.001Z', errorCode: 'ExpiredToken', instance: 'host 1' },
    ...{ mayBePartlyDelivered: false, replayed: false, replayedAt: null },
    plan: { folder: 'currents', cluster: 'local', zone: 'default', topicInKey: false, codec: 'null', schemas: {} },
    ...more,
  }
  return { ...drop, id: more.id ?? ledgerId(drop) }
}
