import { setTimeout as sleep } from 'node:timers/promises'
import { Instance, type InstanceParts, type Usage } from './instance.js'
import type { Problems } from './problems.js'

/** SIGTERM gives an instance 25 s to deliver what it has read, and then it leaves the group; the rest is for a busy machine. */
const STOP_LIMIT_MS = 90_000

/** The instances that share the connector. */
export class Fleet {
  /** How many were started, ever. */
  started = 0
  readonly #instances: Instance[] = []

  constructor(
    private readonly parts: Omit<InstanceParts, 'name' | 'logFile'> & { logFileOf: (name: string) => string },
    private readonly problems: Problems,
  ) {}

  get atWork(): readonly Instance[] {
    return this.#instances.filter((instance) => instance.isAtWork)
  }

  /** Of all instances that have ended: together, and of the largest. */
  get usage(): Usage {
    const usages = this.#instances.map((instance) => instance.usage)
    return {
      cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      peakMB: Math.max(0, ...usages.map(({ peakMB }) => peakMB)),
    }
  }

  async start(): Promise<void> {
    const name = `instance-${++this.started}`
    this.#instances.push(await Instance.start({ ...this.parts, name, logFile: this.parts.logFileOf(name) }))
  }

  /** One that is at work; `lot`, a number in [0, 1), says which. */
  pick(lot: number): Instance | undefined {
    return this.atWork[Math.floor(lot * this.atWork.length)]
  }

  /** Whether every instance that is at work says that it runs; throws with what they say instead. */
  allRun(): boolean {
    const others = this.atWork.filter((instance) => instance.lastState() !== 'running')
    if (others.length === 0) return true
    throw new Error(others.map((instance) => `${instance.name} is ${instance.lastState()}`).join(', '))
  }

  /** SIGTERM: it must end by itself, and soon. */
  async stop(instance: Instance): Promise<void> {
    const enough = new AbortController()
    const isStopped = await Promise.race([
      instance.stop().then(() => true),
      sleep(STOP_LIMIT_MS, false, { signal: enough.signal }),
    ])
    enough.abort()
    if (isStopped) return
    this.problems.add('process', `${instance.name} did not end within ${STOP_LIMIT_MS} ms after SIGTERM`)
    await instance.kill()
  }

  /** SIGTERM to all. */
  async stopAll(): Promise<void> {
    await Promise.all(this.atWork.map((instance) => this.stop(instance)))
  }

  /** Ends whatever still runs, at once. */
  async killAll(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.kill()))
  }

  /** Nobody may have ended by himself. */
  check(): void {
    for (const instance of this.#instances) {
      const failure = instance.failure()
      if (failure) this.problems.add('process', failure)
    }
  }
}
