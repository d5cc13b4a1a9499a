import { checkAgainstCatalogue } from '../../config/catalogue-rules.js'
import { checkConfiguration, type Checked } from '../../config/check.js'
import type { AccountSettings } from '../../config/configuration.js'
import { readDocument } from '../../config/document.js'
import type { Draft } from '../../config/draft.js'
import { openConfigurationFile, type OpenedFile } from '../../config/edit-file.js'
import { formatProblems, type Problem } from '../../config/problem.js'
import { readConfiguration, type Proposed } from '../../config/read.js'
import type { Catalogue } from '../../events/catalogue.js'
import { MillraceError } from '../../runtime/errors.js'
import { checkParts, loadCatalogueFor } from '../project.js'
import type { Terminal } from '../terminal.js'

type AccountType = AccountSettings['type']

/** Where the connector is going to stand, and what stands there already. */
export interface Place {
  file: OpenedFile
  /** Whether the file says where Kafka is. */
  hasKafka: boolean
  /** Names of the accounts of each type. */
  accountsOf: Readonly<Record<AccountType, readonly string[]>>
  /** Every name that is taken. */
  accounts: readonly string[]
  connectors: readonly string[]
  /** What the file would mean if it said this. Quick, touches no network. */
  reading: (proposed: Proposed) => { draft: Draft; problems: Problem[] }
  /** As `millrace validate` would see it. */
  check: (proposed: Proposed) => Promise<Checked>
}

/** Throws `CONFIGURATION` when there are mistakes in the file as it is: what is added could not be told from them. */
export async function openPlace(path: string, terminal: Terminal): Promise<Place> {
  const file = openConfigurationFile(path)
  const said = file.bytes === undefined ? {} : saidIn(path, terminal)
  const catalogue = await loadCatalogueFor(path, terminal)
  const parts = { ...checkParts(terminal), loadCatalogue: () => Promise.resolve({ catalogue }) }
  return {
    file,
    ...NOTHING_SAID,
    ...said,
    reading: (proposed) => readingOf(path, { proposed, catalogue, terminal }),
    check: (proposed) => checkConfiguration(path, { ...parts, proposed }),
  }
}

type Said = Pick<Place, 'hasKafka' | 'accountsOf' | 'accounts' | 'connectors'>

const NOTHING_SAID: Said = {
  ...{ hasKafka: false, accounts: [], connectors: [] },
  accountsOf: { aws: [], 'event-hubs': [] },
}

function saidIn(path: string, { env }: Terminal): Said {
  const reading = readConfiguration(path, env)
  const draft = 'draft' in reading ? reading.draft : reading.configuration
  const { value, problems: unreadable } = readDocument(path)
  const hasKafka = typeof value === 'object' && value !== null && 'kafka' in value
  // A file that says nothing yet, or lacks only what is about to be added, is fine.
  const lacking = ['connectors', ...(hasKafka ? [] : ['kafka']), ...(value === null ? [path] : [])]
  const found = 'problems' in reading ? reading.problems : []
  const problems = unreadable.length > 0 ? unreadable : found.filter((problem) => !lacking.includes(problem.path))
  if (problems.length > 0) {
    const lines = [`${path} has mistakes: mend them first, nothing was added`, ...formatProblems(problems)]
    throw new MillraceError('CONFIGURATION', lines.join('\n'))
  }
  const named = (type: AccountType) =>
    [...draft.accounts].filter(([, account]) => account?.type === type).map(([name]) => name)
  const accountsOf = { aws: named('aws'), 'event-hubs': named('event-hubs') }
  const connectors = draft.connectors.map(({ name }) => name)
  return { hasKafka, accountsOf, accounts: [...draft.accounts.keys()], connectors }
}

interface ReadingParts {
  proposed: Proposed
  catalogue: Catalogue
  terminal: Terminal
}

function readingOf(path: string, { proposed, catalogue, terminal }: ReadingParts) {
  const reading = readConfiguration(path, terminal.env, { proposed })
  const draft = 'draft' in reading ? reading.draft : reading.configuration
  const problems = 'problems' in reading ? reading.problems : []
  return { draft, problems: [...problems, ...checkAgainstCatalogue(draft, catalogue)] }
}
