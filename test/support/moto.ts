import { spawn } from 'node:child_process'
import { freePorts } from '../../scripts/servers/ports.js'
import { eventually } from './eventually.js'
import { pythonPackage } from './python.js'
import { authorizationOf, sha256 } from './sigv4.js'

/** The only server here that enforces IAM policies. Lax about checksums, regions and clocks. */
const MOTO = 'moto[server]==5.2.5'

/** Its first start compiles hundreds of modules. */
const START_MS = 180_000

type Key = Pick<MotoUser, 'accessKeyId' | 'secretAccessKey'>

/** Where one runs, and the key of the user who may do everything: data, for other processes. */
export interface MotoAddress {
  endpoint: string
  admin: Key
}

/**
 * Ends when whoever started it has ended, however that came. Moto numbers the records of a shard "not safe for concurrency",
 * as it says, and answers every request in a thread of its own: of two records at once one was lost.
 */
const PROGRAM = `
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from moto.kinesis.models import Shard
from moto.server import main
lock, put_record = threading.Lock(), Shard.put_record
def put_alone(*args):
    with lock:
        return put_record(*args)
Shard.put_record = put_alone
main(sys.argv[1:])
`

/** A user of moto, who may do nothing at first. */
export interface MotoUser {
  name: string
  arn: string
  accessKeyId: string
  secretAccessKey: string
}

/**
 * IAM, STS and S3 in one process, on 127.0.0.1. Signatures and policies count for every request, those of `admin` too.
 * Integration tests share one (`Moto.at` what `describeWithServers` gives): names of users, roles and buckets are unique.
 */
export class Moto {
  /** May do everything. */
  admin: Key
  /** Resolves when it has ended; does nothing to one that was started elsewhere. */
  readonly stop: () => Promise<void>

  private constructor(
    readonly endpoint: string,
    { admin, end }: { admin: Key; end: () => Promise<void> },
  ) {
    this.admin = admin
    this.stop = end
  }

  /** One that was started elsewhere, and is stopped there. */
  static at({ endpoint, admin }: MotoAddress): Moto {
    return new Moto(endpoint, { admin, end: () => Promise.resolve() })
  }

  static async start(): Promise<Moto> {
    const env = { ...process.env, PYTHONPATH: await pythonPackage(MOTO) }
    const [port] = await freePorts(1)
    const args = ['-c', PROGRAM, '-H', '127.0.0.1', '-p', String(port)]
    const child = spawn('python3', args, { env, stdio: ['pipe', 'ignore', 'ignore'] })
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const end = () => {
      child.kill()
      return exited
    }
    const moto = new Moto(`http://127.0.0.1:${port}`, { admin: { accessKeyId: 'x', secretAccessKey: 'x' }, end })
    const isReady = async () => (await fetch(`${moto.endpoint}/moto-api/data.json`)).ok
    await eventually(isReady, { timeoutMs: START_MS, intervalMs: 200, because: 'moto does not answer' })
    await moto.#enforce()
    return moto
  }

  async createBucket(bucket: string): Promise<void> {
    await this.#ask('s3', `/${bucket}`, { method: 'PUT' })
  }

  async createUser(name: string): Promise<MotoUser> {
    const user = await this.#iam({ Action: 'CreateUser', UserName: name })
    return { name, arn: memberOf(user, 'Arn'), ...(await this.createKey(name)) }
  }

  /** A further access key of the user. */
  async createKey(UserName: string): Promise<Pick<MotoUser, 'accessKeyId' | 'secretAccessKey'>> {
    const key = await this.#iam({ Action: 'CreateAccessKey', UserName })
    return { accessKeyId: memberOf(key, 'AccessKeyId'), secretAccessKey: memberOf(key, 'SecretAccessKey') }
  }

  /** From now on whoever signs with it is refused with `InvalidAccessKeyId`. (To moto a key that is inactive is a good one.) */
  async deleteKey({ name, accessKeyId }: Pick<MotoUser, 'name' | 'accessKeyId'>): Promise<void> {
    await this.#iam({ Action: 'DeleteAccessKey', UserName: name, AccessKeyId: accessKeyId })
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

  /** Only after this somebody has to be allowed to do something, so the first user is made by nobody. */
  async #enforce(): Promise<void> {
    const admin = await this.createUser('admin')
    await this.allowUser(admin.name, ALLOW_ALL)
    // How many further requests go unchecked; the server takes nothing but plain text here.
    const headers = { 'content-type': 'text/plain' }
    await fetch(`${this.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0', headers })
    this.admin = admin
  }

  #iam(form: Record<string, string>): Promise<string> {
    return this.#ask('iam', '/', { method: 'POST', body: new URLSearchParams({ ...form, Version: '2010-05-08' }) })
  }

  async #ask(service: string, url: string, { method, body }: { method: string; body?: URLSearchParams }) {
    const text = body?.toString() ?? ''
    const { host } = new URL(this.endpoint)
    const date = new Date().toISOString().replace(/[-:]|[.]\d+/g, '')
    const headers = { host, 'x-amz-date': date, 'x-amz-content-sha256': sha256(text) }
    const request = { method, url, headers, body: Buffer.from(text) }
    const authorization = authorizationOf(this.admin, request, { region: 'us-east-1', service })
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(this.endpoint + url, {
      ...{ method, headers: { ...headers, ...(body && type), authorization } },
      ...(body && { body: text }),
    })
    const answer = await response.text()
    if (!response.ok) throw new Error(`moto ${response.status}: ${answer}`)
    return answer
  }
}

const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

function memberOf(xml: string, name: string): string {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  if (value === undefined) throw new Error(`no ${name} in ${xml}`)
  return value
}
