import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { AccountSettings } from '../config/configuration.js'
import type { Clock } from '../runtime/clock.js'
import { readAccessKey, type KeyAccount } from './access-key.js'
import { createAwsHttp } from './aws-http.js'
import { CachedCredentials, type AwsIdentity } from './cached-credentials.js'

/** Credentials that are looked up whenever they are needed, so that a rotated secret heals without a restart. */
export interface AwsCredentials {
  /** The identity to sign the next request with. Rejects with `CredentialsUnavailable` only. */
  resolve(): Promise<AwsIdentity>
  /** The identity was refused: the next `resolve` asks its origin again. */
  forget(): void
  close(): void
}

export type AwsAccount = Extract<AccountSettings, { type: 'aws' }>
type RoleAccount = Extract<AwsAccount, { roleArn: string }>

/** Where getting an identity failed. */
export type CredentialStep = 'secret' | 'role' | 'machine' | 'machine-again'

/**
 * No identity could be had, so nothing was asked of the destination. Keeps a denied AssumeRole apart from a denied
 * S3 call: through the SDK both would surface as the S3 call's `AccessDenied`.
 * `machine-again`: the machine had an identity before, so this is an outage of its source, not a missing set-up.
 */
export class CredentialsUnavailable extends Error {
  override readonly name = 'CredentialsUnavailable'

  constructor(
    readonly step: CredentialStep,
    override readonly cause: unknown,
  ) {
    super(`no credentials (${step})`)
  }
}

export interface CredentialDeps {
  clock: Clock
  /** Where a role is assumed when the account names no region of its own. */
  region: string
}

/** STS answers in well under a second; its outage must not eat the time of an attempt (30 s, fault 15). */
const STS_ANSWER_MS = 10_000

/** Shown in the customer's CloudTrail as the one who acted. */
const SESSION_NAME = 'millrace'

export function createAwsCredentials(account: AwsAccount, deps: CredentialDeps): AwsCredentials {
  if ('accessKeyId' in account) return accessKeys(account)
  if ('roleArn' in account) return assumedRole(account, deps)
  return machineIdentity(deps.clock)
}

/** Reads the secrets for every request: a file is small, and nothing has to notice that it changed. */
function accessKeys(account: KeyAccount): AwsCredentials {
  return {
    async resolve() {
      try {
        return await Promise.resolve(readAccessKey(account))
      } catch (error) {
        throw new CredentialsUnavailable('secret', error)
      }
    },
    forget: () => undefined,
    close: () => undefined,
  }
}

/** A session of the customer's role, taken with the machine's identity and the external id. */
function assumedRole(account: RoleAccount, { clock, region }: CredentialDeps): AwsCredentials {
  const machine = machineIdentity(clock)
  const http = createAwsHttp({ sockets: 2, idleMs: STS_ANSWER_MS, answerMs: STS_ANSWER_MS })
  const assume = fromTemporaryCredentials({
    params: {
      RoleArn: account.roleArn,
      RoleSessionName: SESSION_NAME,
      ...(account.externalId !== undefined && { ExternalId: account.externalId }),
    },
    masterCredentials: Object.assign(() => machine.resolve(), { memoized: true }),
    clientConfig: {
      region: account.region ?? region,
      ...(account.stsEndpoint !== undefined && { endpoint: account.stsEndpoint }),
      requestHandler: http,
      maxAttempts: 1,
    },
  })
  const session = new CachedCredentials(clock, () => unavailable('role', assume()))
  return {
    resolve: () => session.resolve(),
    forget: () => {
      machine.forget()
      session.forget()
    },
    close: () => {
      machine.close()
      http.destroy()
    },
  }
}

/** Environment, shared files, web identity, container or instance role: the SDK's default chain, walked anew each time. */
function machineIdentity(clock: Clock): AwsCredentials {
  let hadOne = false
  const look = async (): Promise<AwsIdentity> => {
    // A chain keeps the first identity it finds for ever, and shared files for the life of the process.
    const chain = fromNodeProviderChain({ ignoreCache: true, clientConfig: { maxAttempts: 1 } })
    const identity = await unavailable(hadOne ? 'machine-again' : 'machine', chain())
    hadOne = true
    return identity
  }
  const cached = new CachedCredentials(clock, look)
  return { resolve: () => cached.resolve(), forget: () => cached.forget(), close: () => undefined }
}

async function unavailable(step: CredentialStep, identity: Promise<AwsIdentity>): Promise<AwsIdentity> {
  try {
    return await identity
  } catch (error) {
    // A role that failed for want of the machine's identity says so itself.
    throw error instanceof CredentialsUnavailable ? error : new CredentialsUnavailable(step, error)
  }
}
