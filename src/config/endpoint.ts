import { z } from 'zod'
import { isForbidden, isLoopback } from './addresses.js'
import { refuse } from './option-types.js'
import { shown } from './problem.js'

/** What is wrong with the address of an S3-compatible store, a Kinesis emulator or an STS; undefined when nothing is. */
function endpointMistake(value: string): [message: string, instead: string] | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === '') {
    return [`${shown(value)} is no address`, 'write it like https://s3.example.com']
  }
  if (url.username !== '' || url.password !== '') return ['holds credentials', 'put them into an account']
  if (url.search !== '' || url.hash !== '') return [`${shown(value)} has a query`, `write ${url.origin}`]
  if (isForbidden(url.hostname)) {
    return [`${shown(value)} is a link-local or metadata address`, 'write the address of the service itself']
  }
  return undefined
}

/** Whether what is sent to `endpoint` can be read on its way: plain HTTP beyond this machine. False for what is no endpoint. */
export function isExposed(endpoint: string): boolean {
  if (endpointMistake(endpoint)) return false
  const { protocol, hostname } = new URL(endpoint)
  return protocol === 'http:' && !isLoopback(hostname)
}

export function endpoint() {
  return z.string().superRefine((value, context) => {
    const mistake = endpointMistake(value)
    if (mistake) refuse(context, ...mistake)
  })
}
