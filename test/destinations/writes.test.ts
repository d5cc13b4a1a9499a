import { describe, expect, test } from 'vitest'
import type { Payload } from '../../src/destinations/destination.js'
import { Writes, type Setback, type WriteOne } from '../../src/destinations/writes.js'
import { payloadOf } from './conformance.js'

const never = new AbortController().signal
const payloads = (count: number, prefix = 'k') => Array.from({ length: count }, (_, i) => payloadOf(`${prefix}${i}`, 1))

function setback(payload: Payload, hitsAll: boolean): Setback {
  return { failure: { payload, class: 'configuration', code: 'NoSuchBucket', message: 'no bucket' }, hitsAll }
}

describe('Writes', () => {
  test('runs no more than its number at once, over all calls, in the order they came', async () => {
    const order: string[] = []
    let underway = 0
    let most = 0
    const writeOne: WriteOne = async ({ key }) => {
      order.push(key)
      most = Math.max(most, ++underway)
      await Promise.resolve()
      underway--
      return undefined
    }
    const writes = new Writes(3)
    await Promise.all([
      writes.write(payloads(5, 'a'), never, writeOne),
      writes.write(payloads(5, 'b'), never, writeOne),
    ])
    expect(most).toBe(3)
    expect(order).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'b1', 'b2', 'b3', 'b4'])
  })

  test('a setback of one payload leaves the others alone', async () => {
    const failures = await new Writes(1).write(payloads(4), never, (payload) =>
      Promise.resolve(payload.key === 'k1' ? setback(payload, false) : undefined),
    )
    expect(failures.map(({ payload }) => payload.key)).toEqual(['k1'])
  })

  test('after a setback that hits all, the rest is listed alike and not tried', async () => {
    const tried: string[] = []
    const failures = await new Writes(1).write(payloads(4), never, (payload) => {
      tried.push(payload.key)
      return Promise.resolve(payload.key === 'k1' ? setback(payload, true) : undefined)
    })
    expect(tried).toEqual(['k0', 'k1'])
    expect(failures.map(({ payload, code }) => [payload.key, code])).toEqual([
      ['k1', 'NoSuchBucket'],
      ['k2', 'NoSuchBucket'],
      ['k3', 'NoSuchBucket'],
    ])
  })

  test('another call tries again', async () => {
    const writes = new Writes(1)
    await writes.write(payloads(2), never, (payload) => Promise.resolve(setback(payload, true)))
    expect(await writes.write(payloads(2), never, () => Promise.resolve(undefined))).toEqual([])
  })

  test('close aborts what is underway and waits for it', async () => {
    const writes = new Writes(2)
    let ended = 0
    const writing = writes.write(payloads(3), never, async (payload, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended++
      return setback(payload, false)
    })
    await writes.close()
    expect(ended).toBe(2)
    expect((await writing).map(({ code }) => code)).toEqual(['NoSuchBucket', 'NoSuchBucket', 'ABORTED'])
  })

  test('a bug is thrown on, and frees its slot', async () => {
    const writes = new Writes(1)
    await expect(writes.write(payloads(1), never, () => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug')
    expect(await writes.write(payloads(1), never, () => Promise.resolve(undefined))).toEqual([])
  })
})
