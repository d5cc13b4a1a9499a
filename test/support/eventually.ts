import { setTimeout as sleep } from 'node:timers/promises'

/** Fine enough for a test of seconds, coarse enough for two cores. */
const pollIntervalMs = 50

/** Several times what anything takes when all test files that run at once want both cores. Only a failure waits so long. */
const patienceMs = 90_000

/**
 * Calls `condition` until it returns something other than false, null or undefined, and resolves to that. Rejects after
 * `timeoutMs` (90 s unless told) with the error that `condition` threw last, if it threw: so it may consist of assertions,
 * as long as it then returns true.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = patienceMs, intervalMs = pollIntervalMs, because = '' } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const last = await attempt(condition)
    if (last.met) return last.value as Exclude<T, false | null | undefined>
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${because}`, { cause: last.error })
    await sleep(intervalMs)
  }
}

interface Attempt<T> {
  met: boolean
  value?: T
  error?: unknown
}

async function attempt<T>(condition: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    const value = await condition()
    return { met: value !== false && value !== null && value !== undefined, value }
  } catch (error) {
    return { met: false, error }
  }
}
