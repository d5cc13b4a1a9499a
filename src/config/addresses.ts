import { BlockList, isIP } from 'node:net'

/** Which network addresses mean this machine, and which nothing of ours may ever talk to (operations.md: security). */

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

// Link-local addresses hold the metadata services of AWS, Azure and Google; the others are those of AWS (IPv6) and Alibaba.
const forbidden = new BlockList()
forbidden.addSubnet('169.254.0.0', 16)
forbidden.addSubnet('fe80::', 10, 'ipv6')
forbidden.addAddress('fd00:ec2::254', 'ipv6')
forbidden.addAddress('100.100.100.200')

const FORBIDDEN_NAMES = ['metadata.google.internal', 'metadata', 'instance-data']

/** `host` as in a URL or alone; IPv6 addresses with or without brackets. */
export function isLoopback(host: string): boolean {
  const address = bare(host)
  return address === 'localhost' || address.endsWith('.localhost') || isListed(loopback, address)
}

/** Link-local addresses and the metadata services of clouds. */
export function isForbidden(host: string): boolean {
  const address = bare(host)
  return FORBIDDEN_NAMES.includes(address) || isListed(forbidden, address)
}

/** In lower case, without the brackets of IPv6 and the dot of the root. */
export function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

function isListed(list: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
