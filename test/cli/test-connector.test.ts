import { describe, expect, it } from 'vitest'
import { untilOld } from '../../src/cli/test-connector.js'
import type { CheckResult } from '../../src/runtime/checklist.js'
import { FakeClock } from '../support/fake-clock.js'

const right = { name: 's3:PutObject', resource: 'arn', durationMs: 1 }
const denied: CheckResult = { ...right, status: 'failed', message: 'AccessDenied', mayPassSoon: true }
const missing: CheckResult = { ...right, status: 'failed', message: 'NoSuchBucket' }
const granted: CheckResult = { ...right, status: 'ok', message: 'granted' }

/** What is found one time after the other; the last one for ever. */
async function checked(findings: CheckResult[], waitMs: number, stopAtMs = Infinity) {
  const [clock, said, stop] = [new FakeClock(), [] as string[], new AbortController()]
  let attempts = 0
  const check = () => Promise.resolve([findings[Math.min(attempts++, findings.length - 1)]!])
  const done = untilOld(check, { waitMs, say: (words) => said.push(words), stop: stop.signal, clock })
  if (stopAtMs < Infinity) {
    await clock.advance(stopAtMs)
    stop.abort()
  }
  await clock.advance(waitMs * 2)
  return { results: await done, attempts, said }
}

describe('what was made a moment ago', () => {
  it('is tried again until it works, and says so once', async () => {
    const { results, attempts, said } = await checked([denied, denied, granted], 30_000)
    expect([results, attempts]).toEqual([[granted], 3])
    expect(said).toEqual([
      's3:PutObject on arn is refused; what was made a moment ago may need a while: trying again for 30 s',
    ])
  })

  it('fails in the end, and says how long it took', async () => {
    const { results, attempts } = await checked([denied], 30_000)
    expect(attempts).toBe(11)
    expect(results[0]?.message).toBe('AccessDenied; still so after 30 s')
  })

  it('is not waited for when nobody wants to, nor after a signal, nor when waiting will not help', async () => {
    expect(await checked([denied], 0)).toMatchObject({ attempts: 1, said: [], results: [denied] })
    expect((await checked([denied], 30_000, 3_500)).attempts).toBe(3)
    expect(await checked([missing], 30_000)).toMatchObject({ attempts: 1, said: [], results: [missing] })
  })
})
