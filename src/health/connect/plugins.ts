import type { DestinationSettings } from '../../config/configuration.js'
import type { PluginInfo } from './entities.js'

type DestinationType = DestinationSettings['type']

/** A connector class for every kind of destination. */
export const PLUGIN_CLASSES: Readonly<Record<DestinationType, string>> = {
  s3: 'millrace.S3SinkConnector',
  kinesis: 'millrace.KinesisSinkConnector',
  'event-hubs': 'millrace.EventHubsSinkConnector',
  folder: 'millrace.FolderSinkConnector',
}

export function pluginInfos(version: string): PluginInfo[] {
  return Object.values(PLUGIN_CLASSES).map((plugin) => ({ class: plugin, type: 'sink', version }))
}

/**
 * The kind of destination that a plugin is for, by its class (`millrace.S3SinkConnector`) or, as in Kafka Connect, by the
 * end of its name with or without `Connector`.
 */
export function destinationTypeOf(plugin: string): DestinationType | undefined {
  const types = Object.keys(PLUGIN_CLASSES) as DestinationType[]
  return types.find((type) => namesOf(PLUGIN_CLASSES[type]).includes(plugin))
}

function namesOf(plugin: string): string[] {
  const simple = plugin.split('.').at(-1) ?? ''
  return [plugin, simple, simple.replace(/Connector$/, '')]
}
