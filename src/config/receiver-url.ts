import { isForbidden, isLoopback } from './addresses.js'

/**
 * What is wrong with the address that notifications are posted to; undefined when nothing is. Such an address may itself
 * be the secret, as Slack's is: the words never show it.
 */
export function receiverMistake(value: string): [message: string, instead: string] | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return ['is no address', 'write it like https://example.com/…']
  if (url.username !== '' || url.password !== '') return ['holds a user or password', 'leave them out']
  if (isForbidden(url.hostname))
    return ['is a link-local or metadata address', 'write the address of the receiver itself']
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return ['is plain HTTP to another machine', 'write https://…']
  return undefined
}
