import type { Connector } from './connector.js'
import type { Config, ConnectorInfo, ConnectorOffsets, TaskId, TaskInfo } from './entities.js'
import { PLUGIN_CLASSES } from './plugins.js'

/** A connector, what it is told to do, and its tasks: one for every process that runs it, in the order of their names. */
export function connectorInfo(connector: Connector): ConnectorInfo {
  const { name } = connector.report
  return { name, config: configOf(connector), tasks: taskIds(connector), type: 'sink' }
}

/** Its options as names and texts, without secrets. */
export function configOf({ settings, texts, report }: Connector): Config {
  // No more processes than partitions have anything to do.
  const tasks = Math.max(1, report.partitions.length, report.instances.length)
  return {
    'connector.class': PLUGIN_CLASSES[settings.destination.type],
    'tasks.max': String(tasks),
    ...texts,
    name: settings.name,
  }
}

export function taskInfos(connector: Connector): TaskInfo[] {
  const config = configOf(connector)
  return taskIds(connector).map((id) => ({ id, config }))
}

function taskIds({ report }: Connector): TaskId[] {
  return report.instances.map((_, task) => ({ connector: report.name, task }))
}

/** What is committed; partitions of which nothing ever was are left out. */
export function connectorOffsets({ report }: Connector): ConnectorOffsets {
  const offsets = report.partitions.flatMap(({ topic, partition, committed }) => {
    if (committed === null) return []
    return [{ partition: { kafka_partition: partition, kafka_topic: topic }, offset: { kafka_offset: committed } }]
  })
  return { offsets }
}
