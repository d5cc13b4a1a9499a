import type { KinesisSettings } from '../config/configuration.js'
import { Checklist, type CheckResult } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import type { AwsAccount, AwsCredentials } from './aws-credentials.js'
import { endingOf } from './aws-endpoint.js'
import { AwsProbe, type Outcome } from './aws-probe.js'
import type { KinesisClient } from './kinesis-client.js'
import { diagnose } from './kinesis-failure.js'
import { kinesisFinding, KINESIS_CHECKS, type KinesisCheck } from './kinesis-findings.js'
import { accountIdOf, streamArn } from './kinesis-policy.js'

export interface KinesisCheckParts {
  settings: KinesisSettings
  account: AwsAccount
  credentials: AwsCredentials
  client: KinesisClient
  clock: Clock
}

/**
 * Asks whether the stream would take a record, and reads from the answer what of all that delivering needs is there. Needs no
 * right but `kinesis:PutRecords`, and writes nothing.
 */
export async function checkKinesis(signal: AbortSignal, parts: KinesisCheckParts): Promise<CheckResult[]> {
  const { settings, clock, client } = parts
  const list = new Checklist(clock)
  const understand = (error: unknown, nowMs: number) => ({ problem: diagnose(error, nowMs) })
  const probe = new AwsProbe(signal, { ...parts, accountName: settings.account, understand })
  const needs = await probe.checkIdentity(addressOf(settings), list)
  let rehearsal: Promise<Outcome<void>> | undefined
  for (const name of KINESIS_CHECKS) {
    const check = { name, resource: resourceOf(name, parts), needs }
    await list.check(check, async () =>
      kinesisFinding(name, await (rehearsal ??= probe.ask((cut) => client.rehearse(cut)))),
    )
  }
  return list.results
}

function resourceOf(name: KinesisCheck, { settings, account }: KinesisCheckParts): string {
  if (name === 'credentials') return `account ${settings.account}`
  return streamArn(settings, 'roleArn' in account ? accountIdOf(account.roleArn) : undefined)
}

function addressOf({ region, endpoint }: KinesisSettings): URL {
  return new URL(endpoint ?? `https://kinesis.${region}.${endingOf(region)}`)
}
