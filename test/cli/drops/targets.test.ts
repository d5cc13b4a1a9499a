import { describe, expect, it } from 'vitest'
import { targetsOf, type TargetOptions } from '../../../src/cli/drops/targets.js'
import type { Configuration } from '../../../src/config/configuration.js'
import { sampleDrop } from './sample-drop.js'

const connector = (name: string, ...topics: string[]) => ({ name, topics })
const configuration = {
  connectors: [connector('local', 'events', 'shared'), connector('other', 'shared')],
} as unknown as Configuration

const drops = [
  sampleDrop(0, 9),
  sampleDrop(10, 19, { replayed: true, replayedAt: '2026-11-04T00:00:00.000Z' }),
  sampleDrop(20, 24, { reason: 'retention', plan: null }),
  sampleDrop(30, 39),
  sampleDrop(30, 39, { partition: 1 }),
  sampleDrop(0, 9, { connector: 'other', topic: 'shared' }),
]

const targets = (options: Partial<TargetOptions>, ledger = drops) =>
  targetsOf({ drop: [], all: false, ...options }, ledger, configuration).map(
    ({ drop, connector: { name }, topic, partition, firstOffset, lastOffset }) =>
      `${name} ${topic}/${partition} ${firstOffset}-${lastOffset}${drop ? '' : ' uncovered'}`,
  )

const offsets = (from: number, to: number) => ({ topic: 'events', partition: 0, from, to })

describe('what is replayed', () => {
  it('is every entry named, once', () => {
    const names = [drops[3]!.id, drops[1]!.id, drops[3]!.id.slice(0, 8)]
    expect(targets({ drop: names })).toEqual(['local events/0 30-39', 'local events/0 10-19'])
  })

  it('is all that is not replayed and not gone, of one connector or of every', () => {
    const own = ['local events/0 0-9', 'local events/0 30-39', 'local events/1 30-39']
    expect(targets({ all: true })).toEqual([...own, 'other shared/0 0-9'])
    expect(targets({ all: true, connector: 'local' })).toEqual(own)
  })

  it('is entries as a whole and what lies between them', () => {
    expect(targets(offsets(0, 45))).toEqual([
      'local events/0 0-9',
      'local events/0 10-19',
      'local events/0 20-29 uncovered',
      'local events/0 30-39',
      'local events/0 40-45 uncovered',
    ])
    expect(targets(offsets(10, 22))).toEqual(['local events/0 10-19', 'local events/0 20-22 uncovered'])
  })

  it.each([
    ['nothing named', {}, 'say what to replay'],
    ['two ways at once', { all: true, drop: ['x'] }, 'say what to replay'],
    ['a place without its end', { topic: 'events', partition: 0, from: 1 }, 'go together'],
    ['the end before the beginning', offsets(5, 4), '--from 5 is after --to 4'],
    ['a part of an entry', offsets(5, 45), `drop ${drops[0]!.id} is of offsets 0-9`],
    ['the other part', offsets(0, 35), `drop ${drops[3]!.id} is of offsets 30-39`],
    ['a middle of it', offsets(2, 3), 'only a part of it is named'],
    ['a topic nobody reads', { ...offsets(0, 1), topic: 'unread' }, 'no connector reads topic unread'],
    ['a topic two read', { ...offsets(0, 1), topic: 'shared' }, 'is read by local, other'],
    ['a topic it does not read', { ...offsets(0, 1), connector: 'other' }, 'other does not read topic events'],
    ['no such connector', { all: true, connector: 'none' }, 'there is no such connector'],
    [
      'a connector beside an entry',
      { drop: [drops[0]!.id], connector: 'local' },
      '--connector does not go with --drop',
    ],
  ])('is refused: %s', (_what, options, message) => {
    expect(() => targets(options)).toThrow(message)
  })

  it('is refused where the connector is gone', () => {
    const orphan = sampleDrop(0, 9, { connector: 'removed' })
    expect(() => targets({ drop: [orphan.id] }, [orphan])).toThrow('connector removed is not in the configuration')
  })
})
