import type { ConnectorDocument } from '../../health/api/documents.js'
import type { Tone } from './line.js'

/** A state in words; a connector that is saved for later has none. */
export function stateText({ enabled, state }: Pick<ConnectorDocument, 'enabled' | 'state'>): string {
  return enabled ? state : 'not launched'
}

/** Colour says nothing that the words do not say. */
export function toneOf({ needsAttention, enabled, state }: ConnectorDocument): Tone | undefined {
  if (needsAttention) return 'bad'
  if (!enabled || state === 'paused' || state === 'stopped') return 'faint'
  return state === 'running' ? undefined : 'unsure'
}
