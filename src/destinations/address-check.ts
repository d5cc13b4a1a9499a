import { lookup } from 'node:dns/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { ok, skipped, type Checklist, type CheckResult, type Finding } from '../runtime/checklist.js'
import type { Clock } from '../runtime/clock.js'
import { adviceFor, networkClassOf } from './network-errors.js'

/** Longest wait for one answer, milliseconds: a person waits for it, and a working server needs a fraction of a second. */
const ANSWER_MS = 5_000

/** How far the server's clock may be from ours (delivery.md §2). */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** Whether a web server is where it should be, who it says it is, and in which time it lives. Needs no credentials. */
export async function checkAddress(url: URL, list: Checklist, clock: Clock): Promise<Reached> {
  const { host, hostname, protocol } = url
  const tls = protocol === 'https:'
  const port = Number(url.port) || (tls ? 443 : 80)
  const reached = await checkPlace({ host: hostname.replace(/^\[|\]$/g, ''), port, tls }, host, list)
  const needs = [reached.address, reached.tls]
  await list.check({ name: 'clock', resource: host, needs }, () => compareClocks(url, clock))
  return reached
}

/** Whether a server, called `resource`, is where it should be and, with TLS, who it says it is. */
export async function checkPlace(place: Place, resource: string, list: Checklist): Promise<Reached> {
  const address = await list.check({ name: 'address', resource }, () => reach(place))
  const tls = await list.check({ name: 'tls', resource, needs: [address] }, () =>
    place.tls ? handshake(place) : skipped('the endpoint has no TLS'),
  )
  return { address, tls }
}

interface Reached {
  address: CheckResult
  tls: CheckResult
}

interface Place {
  /** A name or an address, IPv6 without brackets. */
  host: string
  port: number
  tls: boolean
}

async function reach({ host, port }: Place): Promise<Finding> {
  try {
    const { address } = await lookup(host)
    const socket = connectTcp({ host: address, port })
    await opened(socket, 'connect')
    return ok(isIP(host) ? 'can be reached' : `resolves to ${address} and can be reached`)
  } catch (error) {
    return failed(error, `${host}:${port} cannot be reached`)
  }
}

async function handshake({ host, port }: Place): Promise<Finding> {
  try {
    const socket = connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }) })
    await opened(socket, 'secureConnect')
    return ok(`${protocolOf(socket)}, the certificate is valid`)
  } catch (error) {
    return failed(error, `no TLS with ${host}`)
  }
}

const protocolOf = (socket: TLSSocket) => socket.getProtocol() ?? 'TLS'

/** Resolves when the socket says so, and leaves nothing open. */
async function opened(socket: ReturnType<typeof connectTcp>, event: 'connect' | 'secureConnect'): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      const timeout = () => reject(Object.assign(new Error(`no answer within ${ANSWER_MS} ms`), { code: 'ETIMEDOUT' }))
      socket
        .setTimeout(ANSWER_MS, timeout)
        .once(event, () => resolve())
        .once('error', reject)
    })
  } finally {
    socket.destroy()
  }
}

/** Whether this machine's clock agrees with that of the web server at `url`. */
export async function compareClocks(url: URL, clock: Clock): Promise<Finding> {
  let serverMs: number
  try {
    serverMs = Date.parse((await dateHeader(url)) ?? '')
  } catch (error) {
    return failed(error, `${url.host} answers no HTTP request`)
  }
  if (Number.isNaN(serverMs)) return skipped('the server does not tell its time')
  const apartMs = Math.abs(serverMs - clock.nowMs())
  if (apartMs <= CLOCK_TOLERANCE_MS) return ok("agrees with the server's")
  const message = `this machine's clock and the server's are ${Math.round(apartMs / 60_000)} minutes apart`
  return { status: 'failed', code: 'CLOCK_SKEW', message, hint: "Set this machine's clock (NTP)." }
}

/** What `Date` an unsigned request is answered with: AWS refuses the request, and tells the time. */
function dateHeader(url: URL): Promise<string | undefined> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const head = request(url, { method: 'HEAD', agent: false, timeout: ANSWER_MS }, (response) => {
      response.resume()
      resolve(response.headers.date)
    })
    head.once('timeout', () => head.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
    head.once('error', reject).end()
  })
}

function failed(error: unknown, what: string): Finding {
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException
  const passesByItself = networkClassOf(code) === 'transient'
  const finding: Finding = { status: 'failed', code, message: `${what}: ${message}`, hint: adviceFor(code) }
  return passesByItself ? { ...finding, passesByItself } : finding
}
