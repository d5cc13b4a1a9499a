import { DEAD_LETTERS } from './connector.js'
import type { WholeRecord } from './produced.js'
import { readWholeTopic } from './topic-reader.js'

/** Every dead letter that there is. */
export async function readDeadLetters(brokers: string[]): Promise<WholeRecord[]> {
  const letters = await readWholeTopic(brokers, DEAD_LETTERS)
  return letters.map(({ key, value, headers }) => ({
    key,
    value,
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])),
  }))
}
