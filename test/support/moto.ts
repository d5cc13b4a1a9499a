import { spawn } from 'node:child_process'
import { freePorts } from '../../scripts/servers/ports.js'
import { eventually } from './eventually.js'
import { pythonPackage } from './python.js'

/** The only server here that enforces IAM policies. Lax about checksums, regions and clocks. */
const MOTO = 'moto[server]==5.2.5'

/** Its first start compiles hundreds of modules. */
const START_MS = 60_000

/** A user of moto, who may do nothing at first. */
export interface MotoUser {
  name: string
  arn: string
  accessKeyId: string
  secretAccessKey: string
}

/** IAM, STS and S3 in one process, on 127.0.0.1. Setting up is done by `admin`, to whom no rights apply. */
export class Moto {
  private constructor(
    readonly endpoint: string,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(): Promise<Moto> {
    const env = { ...process.env, PYTHONPATH: await pythonPackage(MOTO) }
    const [port] = await freePorts(1)
    const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)]
    const child = spawn('python3', args, { env, stdio: 'ignore' })
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const moto = new Moto(`http://127.0.0.1:${port}`, () => {
      child.kill()
      return exited
    })
    const isReady = async () => (await fetch(`${moto.endpoint}/moto-api/data.json`)).ok
    await eventually(isReady, { timeoutMs: START_MS, intervalMs: 200, because: 'moto does not answer' })
    return moto
  }

  stop(): Promise<void> {
    return this.end()
  }

  /** Signatures and policies count for everything that follows, or for nothing. */
  async enforce(enforced: boolean): Promise<void> {
    // How many further requests go unchecked; the server takes nothing but plain text here.
    const body = enforced ? '0' : 'inf'
    await fetch(`${this.endpoint}/moto-api/reset-auth`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain' },
    })
  }

  async createBucket(bucket: string): Promise<void> {
    await this.#ask('s3', `/${bucket}`, { method: 'PUT' })
  }

  async createUser(name: string): Promise<MotoUser> {
    const user = await this.#iam({ Action: 'CreateUser', UserName: name })
    const key = await this.#iam({ Action: 'CreateAccessKey', UserName: name })
    const [arn, accessKeyId, secretAccessKey] = [memberOf(user, 'Arn'), memberOf(key, 'AccessKeyId'), memberOf(key, 'SecretAccessKey')] // prettier-ignore
    return { name, arn, accessKeyId, secretAccessKey }
  }

  async createRole(name: string, trustPolicy: object): Promise<string> {
    const AssumeRolePolicyDocument = JSON.stringify(trustPolicy)
    return memberOf(await this.#iam({ Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument }), 'Arn')
  }

  /** Replaces what the user may do. */
  async allowUser(UserName: string, policy: object): Promise<void> {
    await this.#iam({ Action: 'PutUserPolicy', UserName, PolicyName: 'all', PolicyDocument: JSON.stringify(policy) })
  }

  /** Replaces what the role may do. */
  async allowRole(RoleName: string, policy: object): Promise<void> {
    await this.#iam({ Action: 'PutRolePolicy', RoleName, PolicyName: 'all', PolicyDocument: JSON.stringify(policy) })
  }

  #iam(form: Record<string, string>): Promise<string> {
    const body = new URLSearchParams({ ...form, Version: '2010-05-08' })
    return this.#ask('iam', '/', { method: 'POST', body })
  }

  /** Unchecked, the signature only says which service is meant. */
  async #ask(service: string, path: string, init: RequestInit): Promise<string> {
    const scope = `x/20260101/us-east-1/${service}/aws4_request`
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=x`
    await this.enforce(false)
    const response = await fetch(this.endpoint + path, { ...init, headers: { authorization } })
    const text = await response.text()
    await this.enforce(true)
    if (!response.ok) throw new Error(`moto ${response.status}: ${text}`)
    return text
  }
}

function memberOf(xml: string, name: string): string {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  if (value === undefined) throw new Error(`no ${name} in ${xml}`)
  return value
}
