import { ok, skipped, type Checklist, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { checkAddress } from './address-check.js'
import { Attempt } from './attempt.js'
import type { AwsAccount, AwsCredentials } from './aws-credentials.js'
import type { Diagnosis } from './diagnosis.js'
import { failedFinding } from './aws-findings.js'

/** What was answered, or what went wrong. */
export type Outcome<T> = { answer: T } | Problem

export interface Problem {
  problem: Diagnosis
  /** The region that the answer says would be the right one; only S3 does. */
  region?: string
}

export interface ProbeParts {
  account: AwsAccount
  /** As the configuration calls it. */
  accountName: string
  credentials: AwsCredentials
  clock: Clock
  /** What an error of the service means. */
  understand: (error: unknown, nowMs: number) => Problem
}

/** Longest wait for one answer, milliseconds: STS and the service together need a fraction of it. */
const ANSWER_MS = 15_000

/** Asks one question at a time of a service of AWS, and of what gives the credentials for it. */
export class AwsProbe {
  constructor(
    readonly signal: AbortSignal,
    readonly parts: ProbeParts,
  ) {}

  /** The way to the service at `url`, and as whom; what all further checks need. */
  async checkIdentity(url: URL, list: Checklist): Promise<CheckResult[]> {
    const { account, accountName, clock } = this.parts
    const secret = await list.check({ name: 'secret', resource: `account ${accountName}` }, () => this.#readSecret())
    const { address, tls } = await checkAddress(url, list, clock)
    const needs = [secret, address, tls]
    if ('accessKeyId' in account) return needs
    const who = 'roleArn' in account ? { name: 'sts:AssumeRole', resource: account.roleArn } : MACHINE
    return [...needs, await list.check({ ...who, needs }, () => this.#takeIdentity())]
  }

  /** Never rejects; credentials that were refused are asked for anew the next time. */
  async ask<T>(send: (signal: AbortSignal) => Promise<T>): Promise<Outcome<T>> {
    const { clock, credentials, understand } = this.parts
    const attempt = new Attempt(clock, this.signal, ANSWER_MS)
    try {
      return { answer: await attempt.run(send) }
    } catch (error) {
      const found = attempt.timedOut ? { problem: NO_ANSWER } : understand(error, clock.nowMs())
      if (found.problem.class === 'credentials') credentials.forget()
      return found
    }
  }

  async #readSecret(): Promise<Finding> {
    if (!('accessKeyId' in this.parts.account)) return skipped('the account holds no secret')
    const outcome = await this.ask(() => this.parts.credentials.resolve())
    return 'problem' in outcome ? failedFinding(outcome.problem) : ok('can be read')
  }

  /** A session of the role, or what the machine is. */
  async #takeIdentity(): Promise<Finding> {
    const outcome = await this.ask(() => this.parts.credentials.resolve())
    return 'problem' in outcome ? failedFinding(outcome.problem) : ok('gives credentials')
  }
}

const MACHINE = { name: 'identity', resource: "this machine's own identity" }

const NO_ANSWER: Diagnosis = {
  class: 'transient',
  code: 'NO_ANSWER',
  said: `No answer within ${ANSWER_MS / 1000} s`,
  advice: 'Check the network, and whether the endpoint works.',
  hitsAll: true,
}
