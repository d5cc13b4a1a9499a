import { z } from 'zod'
import type { PlaceTypes } from './place-types.js'
import { accountSection } from './schema/accounts.js'
import { connectorSection } from './schema/connectors.js'
import { kafkaSection } from './schema/kafka.js'
import { notificationsSection } from './schema/notifications.js'
import { serviceSection } from './schema/service.js'

/**
 * Every option once: its kind and unit, its default, its meaning. What an option says about another one stands in `rules/`.
 * Unknown keys pass here and are refused by `prepare`, so that one does not hide the mistakes beside it.
 */
export function configurationSchema(place: PlaceTypes) {
  return z.object({
    allowInlineSecrets: z.boolean().default(false).describe('true: secrets may stand in the file itself'),
    kafka: kafkaSection(place).describe('where the events come from'),
    service: serviceSection(place).prefault({}).describe('this process'),
    notifications: notificationsSection(place).prefault({}).describe('who is told when a connector needs attention'),
    accounts: z.record(z.string(), accountSection(place)).default({}).describe('credentials, by name'),
    connectors: z.record(z.string(), connectorSection(place)).describe('forwarding jobs, by name'),
  })
}

export type ConfigurationSchema = ReturnType<typeof configurationSchema>
