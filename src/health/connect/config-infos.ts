import type { Configuration, DestinationSettings } from '../../config/configuration.js'
import { checkFlat } from '../../config/flat/check.js'
import { flatOptions, type FlatOption } from '../../config/flat/options.js'
import type { Problem } from '../../config/problem.js'
import { ACCOUNT_TYPES } from '../../config/rules.js'
import type { Config, ConfigInfos, ConfigKeyInfo, ConfigValueInfo } from './entities.js'
import { PLUGIN_CLASSES } from './plugins.js'

type DestinationType = DestinationSettings['type']

/** Options that every connector of Kafka Connect has, whatever its class. */
const COMMON: readonly FlatOption[] = [
  { name: 'name', kind: 'text', isRequired: true, meaning: 'name of the connector, 1-63 of a-z 0-9 -' },
  { name: 'connector.class', kind: 'text', isRequired: true, meaning: 'the kind of destination' },
  {
    ...{ name: 'tasks.max', kind: 'integer', isRequired: false, default: '1' },
    meaning: 'without effect: every process that runs the connector is a task of it',
  },
]

const TYPES = { boolean: 'BOOLEAN', integer: 'INT', list: 'LIST', secret: 'PASSWORD', text: 'STRING' } as const

/** What can be configured of a connector to such a destination. */
export function configKeyInfos(type: DestinationType): ConfigKeyInfo[] {
  return [...COMMON, ...flatOptions(type)].map((option, index) => keyInfo(option, index + 1))
}

/**
 * What is wrong with a configuration, option by option, as `millrace validate` would say it. Nothing is created, read or
 * reached.
 */
export function configInfos(type: DestinationType, config: Config, configuration: Configuration): ConfigInfos {
  const options = optionsOf(type, configuration)
  const problems = problemsOf(type, config, configuration)
  const known = options.map((option, index) => {
    const definition = keyInfo(option, index + 1)
    return { definition, value: valueInfo(option, config, problems) }
  })
  const unknown = Object.keys(config)
    .filter((name) => !options.some((option) => option.name === name))
    .map((name) => ({ definition: null, value: valueInfo({ name, kind: 'text' }, config, problems) }))
  return {
    ...{ name: PLUGIN_CLASSES[type], error_count: problems.length },
    groups: [...new Set(options.map(({ name }) => groupOf(name)))],
    configs: [...known, ...unknown],
  }
}

/** With the values that this configuration leaves to choose from. */
function optionsOf(type: DestinationType, { accounts }: Configuration): FlatOption[] {
  const needed = type === 'folder' ? undefined : ACCOUNT_TYPES[type]
  const fitting = [...accounts].filter(([, account]) => account.type === needed).map(([name]) => name)
  const choices: Partial<Record<string, string[]>> = {
    'connector.class': [PLUGIN_CLASSES[type]],
    'destination.account': fitting,
  }
  return [...COMMON, ...flatOptions(type)].map((option) => {
    const found = choices[option.name]
    return found ? { ...option, choices: found } : option
  })
}

function problemsOf(type: DestinationType, config: Config, configuration: Configuration): Problem[] {
  const { name, 'connector.class': plugin, 'tasks.max': tasks = '1', ...texts } = config
  const missing = (
    [
      ['name', name],
      ['connector.class', plugin],
    ] as const
  ).filter(([, value]) => value === undefined)
  const found = checkFlat({ name: name ?? '', type, texts }, configuration)
  return [
    ...missing.map(([path]) => ({ path, message: 'is missing', hint: 'add it' })),
    ...found.filter(({ path }) => path !== 'name' || name !== undefined),
    ...(/^[1-9]\d*$/.test(tasks) ? [] : [{ path: 'tasks.max', message: 'is no number of tasks', hint: 'write 1' }]),
  ]
}

function keyInfo({ name, kind, isRequired, default: given, meaning }: FlatOption, order: number): ConfigKeyInfo {
  return {
    ...{ name, type: TYPES[kind], required: isRequired, default_value: given ?? null },
    ...{ importance: isRequired ? 'HIGH' : 'MEDIUM', documentation: meaning },
    ...{ group: groupOf(name), order_in_group: order, width: 'MEDIUM', display_name: name, dependents: [] },
  }
}

function valueInfo(
  { name, kind, default: byDefault, choices = [] }: Pick<FlatOption, 'name' | 'kind' | 'default' | 'choices'>,
  config: Config,
  problems: readonly Problem[],
): ConfigValueInfo {
  const given = Object.hasOwn(config, name) ? config[name] : undefined
  const value = given !== undefined && kind === 'secret' ? '[hidden]' : (given ?? byDefault ?? null)
  const errors = problems.filter(({ path }) => path === name).map(({ message, hint }) => `${message}: ${hint}`)
  return { name, value, recommended_values: [...choices], errors, visible: true }
}

function groupOf(option: string): string {
  if (COMMON.some(({ name }) => name === option)) return 'Common'
  const [block = '', member] = option.split('.')
  return member === undefined ? 'connector' : block
}
