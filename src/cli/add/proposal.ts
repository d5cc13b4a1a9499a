import { dirname, resolve } from 'node:path'
import { withAdditions, type Addition } from '../../config/edit.js'
import type { Proposed } from '../../config/read.js'
import { literal } from '../../config/substitution.js'
import type { Answers } from './answers.js'
import { accountOf, accountTypeOf, connectorOf } from './members.js'
import type { Place } from './place.js'
import { typedSecrets } from './typed-secrets.js'

/** What the answers come to: what is written if nothing speaks against it. */
export interface Proposal {
  additions: Addition[]
  proposed: Proposed
  /** Files for what was typed, relative to the folder of the configuration. */
  secretFiles: string[]
}

/** Answers that are missing leave out what they would say. Throws `CONFIGURATION` when the file cannot be added to. */
export function proposalOf(answers: Answers, { file, hasKafka }: Place): Proposal {
  const { name, account, brokers } = answers
  const typed = typedSecrets(answers)
  const isNew = accountTypeOf(answers) && answers.identity !== 'existing' && answers.identity !== undefined
  const additions: Addition[] = [
    ...(hasKafka || !brokers
      ? []
      : [{ section: 'kafka' as const, name: 'brokers', value: wordsOf(brokers).map(literal) }]),
    ...(isNew && account ? [{ section: 'accounts' as const, name: account, value: accountOf(answers, typed) }] : []),
    ...(name ? [{ section: 'connectors' as const, name, value: connectorOf(answers) }] : []),
  ]
  const files = isNew ? typed : []
  const secrets = new Map(files.map(({ path, secret }) => [resolve(dirname(file.path), path), secret]))
  const proposed = { text: withAdditions(file.text, additions), secrets }
  return { additions, proposed, secretFiles: files.map(({ path }) => path) }
}

/** `a, b c` as a list. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}
