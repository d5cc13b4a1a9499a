import type { ConnectorSettings } from '../config/configuration.js'
import type { Actor, Operations } from '../health/operations.js'
import { MillraceError } from '../runtime/errors.js'
import type { Action, Control } from './control.js'

/** A connector of this process. */
export interface Operated {
  do(action: Action): void
  /** For the timeline. */
  note(action: Action, message: string): void
}

/** What needs more than the running connectors: see `Operations`. */
export type Lookups = Pick<Operations, 'test' | 'drops' | 'deadLetters'>

export interface OperatorParts {
  connectors: readonly Pick<ConnectorSettings, 'name' | 'enabled'>[]
  /** Those of this process, by name. */
  operated: ReadonlyMap<string, Operated>
  control: Control
  lookups: Lookups
  /** What is shown is looked at anew. */
  onDone: () => void
}

/** Does what operators ask, here at once, and through Kafka in all other processes. */
export class Operator implements Operations {
  constructor(private readonly parts: OperatorParts) {}

  pause(connector: string, actor: Actor): Promise<void> {
    return this.#do('pause', connector, actor)
  }

  resume(connector: string, actor: Actor): Promise<void> {
    return this.#do('resume', connector, actor)
  }

  probe(connector: string, actor: Actor): Promise<void> {
    return this.#do('probe', connector, actor)
  }

  flush(connector: string, actor: Actor): Promise<void> {
    return this.#do('flush', connector, actor)
  }

  test(connector: string, signal: AbortSignal): ReturnType<Operations['test']> {
    return this.parts.lookups.test(connector, signal)
  }

  drops(connector: string | undefined, most: number): ReturnType<Operations['drops']> {
    return this.parts.lookups.drops(connector, most)
  }

  deadLetters(connector: string, most: number): ReturnType<Operations['deadLetters']> {
    return this.parts.lookups.deadLetters(connector, most)
  }

  async #do(action: Action, connector: string, { via, address }: Actor): Promise<void> {
    const { operated, control, onDone } = this.parts
    this.#require(connector)
    const mine = operated.get(connector)
    mine?.do(action)
    mine?.note(action, `asked for from ${address} (${via})`)
    onDone()
    try {
      await control.tell(connector, action)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      const here = mine ? 'done in this process only, until it ends' : 'not done'
      throw new MillraceError(error.code, `${action} ${connector}: ${here}: ${error.message}`, { cause: error })
    }
  }

  #require(name: string): void {
    const connector = this.parts.connectors.find((candidate) => candidate.name === name)
    if (!connector) throw new MillraceError('USAGE', `${name}: there is no such connector`)
    if (!connector.enabled) throw new MillraceError('USAGE', `${name}: it is saved, not launched: set enabled: true`)
  }
}
