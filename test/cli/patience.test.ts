import { describe, expect, it } from 'vitest'
import { appendPatiently, writeOnce, writePatiently, type Patience } from '../../src/cli/patience.js'
import type { Failure, Payload } from '../../src/destinations/destination.js'
import { MillraceError } from '../../src/runtime/errors.js'
import { FakeClock } from '../support/fake-clock.js'
import { idOf, recordingStream, recordOf } from './recording-stream.js'

const payloads: Payload[] = ['a', 'b'].map((key) => ({ key, body: () => Promise.resolve(Buffer.from(key)) }))
const MINUTE = 60_000

/** The failures of each attempt by payload; none from the last one on. */
function underTest(...attempts: Partial<Record<string, Partial<Failure>>>[]) {
  const clock = new FakeClock()
  const startMs = clock.nowMs()
  const [written, said]: [string[], string[]] = [[], []]
  const write = (pending: readonly Payload[]) => {
    written.push(`${clock.nowMs() - startMs}: ${pending.map(({ key }) => key).join()}`)
    const failing = attempts.length > 1 ? attempts.shift()! : attempts[0]!
    const failures = pending.flatMap((payload): Failure[] => {
      const failure = failing[payload.key]
      return failure ? [{ payload, class: 'transient', code: 'X', message: 'X happened.', ...failure }] : []
    })
    return Promise.resolve(failures)
  }
  const stop = new AbortController()
  const patience: Patience = {
    ...{ clock, random: () => 0.5, stop: stop.signal, waitMs: 2 * MINUTE },
    say: (words) => said.push(words),
  }
  return { clock, stop, written, said, patience, write: () => writePatiently(payloads, { write }, patience) }
}

describe('writing patiently', () => {
  it('writes again only what failed, with growing pauses, and says so once', async () => {
    const { clock, write, written, said } = underTest({ a: {}, b: {} }, { b: {} }, { b: { class: 'throttled' } }, {})
    const failures = write()
    await clock.advance(MINUTE)
    expect(await failures).toEqual([])
    expect(written).toEqual(['0: a,b', '100: a,b', '300: b', '700: b'])
    expect(said).toEqual(['X happened. Trying again for up to 120 s.'])
  })

  it('waits as long as the server asks, but not longer than it was given', async () => {
    const { clock, write, written } = underTest({ a: { retryAfterMs: 50_000 } }, { a: { retryAfterMs: 90_000 } })
    const failures = write()
    await clock.advance(5 * MINUTE)
    expect((await failures).map(({ payload }) => payload.key)).toEqual(['a'])
    expect(written).toEqual(['0: a,b', '50000: a'])
  })

  it('ends when time is up', async () => {
    const { clock, write, written } = underTest({ a: {} })
    const failures = write()
    await clock.advance(5 * MINUTE)
    expect(await failures).toHaveLength(1)
    expect(written.at(-1)).toBe('120000: a')
  })

  it('goes on with the rest when a payload is rejected', async () => {
    const { clock, write, written } = underTest({ a: { class: 'rejected' }, b: {} }, {})
    const failures = write()
    await clock.advance(MINUTE)
    expect((await failures).map(({ payload, class: of }) => [payload.key, of])).toEqual([['a', 'rejected']])
    expect(written).toEqual(['0: a,b', '100: b'])
  })

  it.each(['credentials', 'configuration', 'clock'] as const)('ends at once for %s', async (of) => {
    const { write, written } = underTest({ a: {}, b: { class: of } })
    expect((await write()).map((failure) => failure.class)).toEqual(['transient', of])
    expect(written).toEqual(['0: a,b'])
  })

  it('ends at once when it is stopped', async () => {
    const { clock, stop, write, written } = underTest({ a: {} })
    const failures = write()
    await clock.advance(50)
    stop.abort()
    expect(await failures).toHaveLength(1)
    expect(written).toEqual(['0: a,b'])
  })
})

describe('writing records patiently', () => {
  const records = ['1a', '2b', '3a', '4a', '5b'].map((id, n) => recordOf(id, id.at(-1)!, 10, n))

  /** `faults`: of the attempts at an event, in their order; none from then on. */
  function streamOf(faults: Record<string, (Partial<Failure> | undefined)[]>, perKey = 9) {
    const { clock, patience, said } = underTest({})
    const stream = recordingStream((record) => faults[idOf(record)]?.shift(), { records: 3, bytes: 1000, perKey })
    const written = () => stream.records.map(idOf).join(' ')
    return { clock, stream, said, written, write: () => writePatiently(records, stream, patience) }
  }

  it('none overtakes another of its key, however often it fails; said once', async () => {
    const { clock, write, written, stream, said } = streamOf({ '1a': [{}, {}], '4a': [{ class: 'throttled' }] })
    const failures = write()
    await clock.advance(MINUTE)
    expect(await failures).toEqual([])
    expect(written()).toBe('2b 1a 3a 5b 4a')
    expect(stream.calls.map((ids) => ids.join(' '))).toEqual(['1a 2b 3a', '1a 3a', '1a 3a', '4a 5b', '4a'])
    expect(said).toHaveLength(1)
  })

  it('one that is rejected holds up none of its key', async () => {
    const { write, written } = streamOf({ '1a': [{ class: 'rejected' }], '4a': [{ class: 'rejected' }] })
    const failures = await write()
    expect(failures.map(({ payload, class: of }) => [payload.key, of])).toEqual([
      ['events/0/0', 'rejected'],
      ['events/0/3', 'rejected'],
    ])
    expect(written()).toBe('2b 3a 5b')
  })

  it('nothing follows what could not be written', async () => {
    const { write, written, stream } = streamOf({ '3a': [{ class: 'credentials' }] })
    const failures = await write()
    expect(failures.map(({ payload, class: of }) => [payload.key, of])).toEqual([
      ['events/0/2', 'credentials'],
      ['events/0/3', 'credentials'],
      ['events/0/4', 'credentials'],
    ])
    expect(written()).toBe('1a 2b')
    expect(stream.calls).toHaveLength(1)
  })

  it('once: nothing is tried again', async () => {
    const { clock, stream, written } = streamOf({ '1a': [{ class: 'rejected' }], '2b': [{}, {}] })
    const failures = await writeOnce(records, stream, { clock, stop: new AbortController().signal })
    expect(failures.map(({ class: of }) => of)).toEqual(['rejected', 'transient', 'transient', 'transient'])
    expect(written()).toBe('3a')
  })
})

describe('appending patiently', () => {
  const records = [{ key: null, value: null, headers: [] }]

  it('goes on until the records are acknowledged, and says why they are not', async () => {
    const { clock, patience } = underTest({})
    let left = 3
    const write = () => (left-- > 0 ? Promise.reject(new MillraceError('KAFKA_WRITE', 'no leader')) : Promise.resolve())
    const done = appendPatiently(records, { topic: 't', writer: { write } }, patience)
    await clock.advance(MINUTE)
    expect(await done).toBeUndefined()
    left = Infinity
    const refused = appendPatiently(records, { topic: 't', writer: { write } }, patience)
    await clock.advance(5 * MINUTE)
    expect(await refused).toMatchObject({ code: 'KAFKA_WRITE' })
  })

  it('writes nothing when there is nothing, and does not hide a bug', async () => {
    const write = () => Promise.reject(new RangeError('bug'))
    const { patience } = underTest({})
    expect(await appendPatiently([], { topic: 't', writer: { write } }, patience)).toBeUndefined()
    await expect(appendPatiently(records, { topic: 't', writer: { write } }, patience)).rejects.toThrow('bug')
  })
})
