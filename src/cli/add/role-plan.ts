import type { DestinationSettings } from '../../config/configuration.js'
import { trustPolicy, type PolicyDocument } from '../../destinations/aws-policy.js'
import { kinesisPolicy } from '../../destinations/kinesis-policy.js'
import { deliveryPolicy } from '../../destinations/s3-policy.js'
import { UNKNOWN_PRINCIPAL } from '../policy.js'
import type { Answers } from './answers.js'
import type { Place } from './place.js'
import { proposalOf } from './proposal.js'

/** What to make before there is an ARN: the role's trust policy with the external id, and its rights. */
export function rolePlan(answers: Answers, place: Place, principal: string): string[] {
  const { externalId } = answers
  const { draft } = place.reading(proposalOf(answers, place).proposed)
  const destination = draft.connectors.find(({ name }) => name === answers.name)?.destination
  const rights = destination && rightsOn(destination)
  return [
    '',
    `External id: ${externalId}`,
    '',
    'Now make the role. Its trust policy, so that it can be taken with this external id only:',
    ...(principal === UNKNOWN_PRINCIPAL ? ['(put in who takes it: the identity that Millrace runs as)'] : []),
    ...jsonLines(trustPolicy(principal, externalId)),
    ...(rights ? ['', 'Its rights, all that delivering needs:', ...jsonLines(rights)] : []),
    '',
    `Whoever needs more time than this: Ctrl-C now, later millrace add --external-id ${externalId}`,
    '',
  ]
}

function rightsOn(destination: DestinationSettings): PolicyDocument | undefined {
  if (destination.type === 's3') return deliveryPolicy(destination)
  return destination.type === 'kinesis' ? kinesisPolicy(destination) : undefined
}

const jsonLines = (document: object) => JSON.stringify(document, null, 2).split('\n')
