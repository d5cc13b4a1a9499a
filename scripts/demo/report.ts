import { isAbsolute, join, relative } from 'node:path'
import { counted, sized } from './screen.js'
import type { Tally } from './tally.js'

/** Wide enough for the counts of any demo that somebody waits for. */
const countWidth = 12

type Row = readonly [label: string, text: string]

export function tableOf(tally: Tally): Row[] {
  const row = (label: string, count: number | string, note = ''): Row => {
    const text = typeof count === 'number' ? counted(count) : count
    return [label, `${text.padStart(countWidth)}${note && `   ${note}`}`]
  }
  const reasons = [...tally.deadLettered].map(([reason, count]) => `${counted(count)} ${reason}`)
  const deadLettered = [...tally.deadLettered.values()].reduce((sum, count) => sum + count, 0)
  return [
    row('produced', tally.produced),
    row('delivered', tally.delivered),
    row('dead-lettered', deadLettered, reasons.join(', ')),
    row('skipped', tally.tombstones, 'tombstones: records with an empty value'),
    row('missing', tally.missing),
    row('duplicates', tally.duplicates),
    ...(tally.others > 0 ? [row('others', tally.others, 'events of yours')] : []),
    row('objects', tally.objects),
    row('bytes', sized(tally.bytes)),
  ]
}

/** Whether each event is in exactly one object, and each broken one a dead letter. */
export function isComplete({ missing, duplicates }: Tally): boolean {
  return missing === 0 && duplicates === 0
}

interface Places {
  tally: Tally
  liesIn: string
  configurationFile: string
}

/** The verdict, where the objects lie, and commands to go on with. */
export function nextSteps({ tally, liesIn, configurationFile }: Places): string {
  const verdict = isComplete(tally)
    ? 'Every event is in exactly one object, every broken one in the dead-letter topic.'
    : 'NOT every event is in exactly one object. This must not happen: please report it.'
  const folder = shown(liesIn)
  const commands: Command[] = [
    ...(isAbsolute(liesIn) ? objectCommands(folder, shown(join(liesIn, tally.largest))) : []),
    ['node dist/main.js schemas list', 'all event types; schemas show TYPE prints one'],
    [`node dist/main.js validate --config ${shown(configurationFile)}`, 'check the configuration of this demo'],
    ['npm run demo -- --keep', 'everything stays up and new events come in'],
    ['npm run demo -- --destination folder', 'the same into a folder, without S3'],
  ]
  const lines = commands.map(([command, what]) => `  ${what}:\n    ${command}`)
  return ['', verdict, `The objects lie in ${folder}`, '', 'What to try next', ...lines].join('\n')
}

type Command = readonly [command: string, what: string]

function objectCommands(folder: string, largest: string): Command[] {
  return [
    [`node dist/main.js inspect '${largest}'`, 'what the largest object holds; --json prints its events'],
    [`find ${folder} -name '*.avro' | sort | head -n 20`, 'the tree of objects'],
  ]
}

/** As one would type it in the project folder. */
function shown(path: string): string {
  if (!isAbsolute(path)) return path
  const short = relative('.', path)
  return short.startsWith('..') ? path : short
}
