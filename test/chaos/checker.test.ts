import avro from 'avsc'
import { describe, expect, it } from 'vitest'
import { readAvroFile } from './avro-file.js'
import { checkCommits, type Commit } from './commit-checker.js'
import { checkDeadLetters } from './dead-letter-checker.js'
import { ObjectChecker, type Place } from './object-checker.js'
import { Problems } from './problems.js'
import { digestOfEvent, digestOfRecord, Produced } from './produced.js'

const PLACE: Place = { folder: 'currents', cluster: 'c', zone: 'z', connector: 'x', codec: 'deflate' }
const SCHEMA: avro.Schema = {
  type: 'record',
  name: 'Sample',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'time', type: ['null', 'int'], default: null },
  ],
}
const HOUR = Date.UTC(2026, 10, 1, 23, 59)
const KEY = keyOf({})

interface Sample {
  id: string
  time: number | null
}
const A: Sample = { id: 'a', time: 1 }
const B: Sample = { id: 'b', time: null }
const C: Sample = { id: 'c', time: 3 }

function keyOf({ type = 'Sample', date = '2026-11-01-23', schema = 1, partition = 0, first = 1 }): string {
  const name = 'dataexport.c.S3.integration.x'
  return `currents/${name}/event_type=${type}/date=${date}/${schema}/z/${name}+${partition}+${first}.avro`
}

/** Offsets 0 to 5 of partition 0: a tombstone, the events a, b and c, poison, nothing. */
function produced(): Produced {
  const truth = new Produced(1)
  const at = { partition: 0, timestampMs: HOUR }
  truth.add({ ...at, offset: 0, kind: 'nothing' })
  for (const [n, event] of [A, B, C].entries())
    truth.add({ ...at, offset: n + 1, kind: 'event', id: event.id, eventType: 'Sample', digest: digestOfEvent(event) })
  truth.add({ ...at, offset: 4, kind: 'poison', reason: 'NOT_JSON', digest: digestOfRecord(POISON) })
  truth.add({ ...at, offset: 5, kind: 'nothing' })
  return truth
}
const POISON = { key: null, value: Buffer.from('{'), headers: { trace: '1' } }

/** An object as an independent writer makes it. */
async function objectOf(events: Sample[], codec = 'deflate'): Promise<Buffer> {
  const encoder = new avro.streams.BlockEncoder(SCHEMA, { codec })
  for (const event of events) encoder.write(event)
  encoder.end()
  const chunks: Buffer[] = []
  for await (const chunk of encoder as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function problemsIn(objects: Record<string, Buffer>): string[] {
  const problems = new Problems()
  const checker = new ObjectChecker(produced(), PLACE, problems)
  for (const [key, body] of Object.entries(objects)) checker.add(key, body)
  checker.finish()
  return problems.shown
}

describe('the checker of objects', () => {
  it('is content with every event in one object', async () => {
    expect(problemsIn({ [KEY]: await objectOf([A, B, C]) })).toEqual([])
    expect(problemsIn({ [KEY]: await objectOf([A]), [keyOf({ first: 2 })]: await objectOf([B, C]) })).toEqual([])
  })

  it('finds a missing event', async () => {
    expect(problemsIn({ [KEY]: await objectOf([A, C]) })).toEqual(['missing: b, partition 0, offset 2'])
  })

  it('finds an event that is in two objects', async () => {
    const other = keyOf({ first: 3 })
    const found = problemsIn({ [KEY]: await objectOf([A, B, C]), [other]: await objectOf([C]) })
    expect(found).toEqual([`duplicate: c is in ${KEY} and in ${other}`])
  })

  it('finds an event that is twice in one object', async () => {
    const found = problemsIn({ [KEY]: await objectOf([A, B, C, C]) })
    expect(found).toContain(`duplicate: c is in ${KEY} and in ${KEY}`)
  })

  it.each([
    ['another type', keyOf({ type: 'Other' }), 3],
    ['another hour', keyOf({ date: '2026-11-01-22' }), 3],
    ['another partition', keyOf({ partition: 1 }), 3],
    ['another schema id', keyOf({ schema: 2 }), 1],
    ['another first offset', keyOf({ first: 0 }), 1],
    ['another folder', KEY.replace('currents', 'current'), 1],
    ['another name', KEY.replace('.avro', '.tmp'), 1],
  ])('finds events under the key of %s', async (_, key, misplaced) => {
    const found = problemsIn({ [key]: await objectOf([A, B, C]) })
    expect(found.filter((problem) => problem.startsWith('misplaced: '))).toHaveLength(misplaced)
  })

  it('finds events that are not in the order of their offsets', async () => {
    const found = problemsIn({ [KEY]: await objectOf([A, C, B]) })
    expect(found).toEqual([`misplaced: ${KEY} is not in the order of its partition`])
  })

  it('finds a value that is not what was produced', async () => {
    expect(problemsIn({ [KEY]: await objectOf([A, { ...B, time: 0 }, C]) })).toEqual([`wrong value: b in ${KEY}`])
    expect(problemsIn({ [KEY]: await objectOf([A, B, C], 'null') })).toEqual([`wrong value: ${KEY} has the codec null`])
  })

  it('finds an event that nobody produced', async () => {
    const found = problemsIn({ [KEY]: await objectOf([A, B, C, { id: 'd', time: 4 }]) })
    expect(found).toContain(`unknown event: d in ${KEY}`)
  })

  it('finds an object that is cut off anywhere', async () => {
    const whole = await objectOf([A, B, C])
    for (let length = 0; length < whole.length; length++) {
      const [problem] = problemsIn({ [KEY]: whole.subarray(0, length) })
      expect(problem, `${length} of ${whole.length} bytes`).toMatch(/^unreadable object: /)
    }
  })

  it('finds an object that is empty, damaged or has something left over', async () => {
    const whole = await objectOf([A, B, C])
    const damaged = Buffer.from(whole)
    damaged[whole.length - 1]! ^= 1
    const empty = await objectOf([])
    for (const body of [Buffer.alloc(0), empty, damaged, Buffer.concat([whole, Buffer.from([0])])])
      expect(() => readAvroFile(body)).toThrow()
  })
})

describe('the checker of dead letters', () => {
  const ORIGIN = { topic: 't', connector: 'x' }
  const LETTER = {
    ...POISON,
    headers: {
      ...POISON.headers,
      'millrace.topic': 't',
      'millrace.connector': 'x',
      'millrace.partition': '0',
      'millrace.offset': '4',
      'millrace.reason': 'NOT_JSON',
    },
  }
  const check = (letters: (typeof LETTER)[]) => {
    const problems = new Problems()
    return { ...checkDeadLetters(letters, produced(), ORIGIN, problems), problems: problems.shown }
  }
  const changed = (headers: object) => ({ ...LETTER, headers: { ...LETTER.headers, ...headers } })

  it('takes every poison record once or more often, and counts repeats', () => {
    expect(check([LETTER])).toEqual({ letters: 1, repeats: 0, problems: [] })
    expect(check([LETTER, LETTER])).toEqual({ letters: 2, repeats: 1, problems: [] })
  })

  it('finds a missing, a changed and a wrong one', () => {
    const wrong = [
      [],
      [{ ...LETTER, value: Buffer.from('}') }],
      [changed({ trace: '2' })],
      [changed({ 'millrace.reason': 'OVERSIZED' })],
      [changed({ 'millrace.topic': 'u' })],
      [changed({ 'millrace.connector': 'y' })],
      [LETTER, changed({ 'millrace.offset': '3' })],
    ]
    for (const letters of wrong) expect(check(letters).problems).toHaveLength(1)
  })
})

describe('the checker of commits', () => {
  const commit = (offset: number, end?: number): Commit => {
    return { partition: 0, offset, metadata: end === undefined ? '' : JSON.stringify({ v: 1, range: { end } }) }
  }
  const check = (...commits: Commit[]) => {
    const problems = new Problems()
    return { ...checkCommits(commits, produced(), problems), problems: problems.shown }
  }

  it('takes ranges that are announced and passed, and passes over what is written nowhere', () => {
    expect(check(commit(0), commit(0, 2), commit(3, 4), commit(5), commit(6))).toEqual({
      commits: 5,
      intents: 2,
      problems: [],
    })
  })

  it('takes a commit that is repeated because nobody knew', () => {
    expect(check(commit(0, 5), commit(0, 5), commit(6), commit(6))).toMatchObject({ intents: 1, problems: [] })
  })

  it.each([
    ['going back', [commit(0, 3), commit(4, 5), commit(2, 5)], /goes back/],
    ['passing the end', [commit(0, 9), commit(10)], /ends with 10 instead of 6/],
    ['passing events without an intent', [commit(6)], /passes records that were never announced/],
    ['changing an intent', [commit(0, 3), commit(0, 5), commit(6)], /changes what was announced/],
    ['leaving an intent behind', [commit(0, 3), commit(6)], /is not the end of what was announced/],
    ['forgetting an intent', [commit(0, 5), commit(0), commit(6)], /changes what was announced/],
    ['stopping before the end', [commit(0, 3), commit(4)], /ends with 4 instead of 6/],
    ['announcing and no more', [commit(0, 3), commit(4, 5)], /ends with 4 with the intent up to 5/],
  ])('finds %s', (_, commits, expected) => {
    expect(check(...commits).problems[0]).toMatch(expected)
  })
})
