import type { ClockObstacle } from './credential-clock.js'

/** What keeps events from being dropped; see `OBSTACLES` for the words. */
export type Obstacle = ClockObstacle | 'secret' | 'clock' | 'hold' | 'group' | 'ledger' | 'paused' | 'stopping'

/** In words that follow "kept, because". */
export const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  'not-failing': 'the failure is not confirmed',
  period: 'the period is not over',
  evidence: 'the newest answer of the destination is no credential rejection',
  observation: 'the failure has not been watched for long enough without a gap',
  secret: 'the secret has changed, or cannot be read',
  clock: "this machine's clock cannot be trusted: set it (NTP)",
  hold: 'credentialFailure.onExpiry is hold',
  group: 'Kafka does not say whether another instance has delivered',
  ledger: 'the drop ledger cannot be written',
  paused: 'the connector is paused',
  stopping: 'the service stops',
}
