import { describe, expect, it } from 'vitest'
import { isForbidden, isLoopback } from '../../src/config/addresses.js'

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', 'LOCALHOST', 's3.localhost', '::ffff:127.0.0.1'])(
    '%s',
    (host) => expect(isLoopback(host)).toBe(true),
  )
  it.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example', '127.0.0.1.example', ''])('not %s', (host) =>
    expect(isLoopback(host)).toBe(false),
  )
})

describe('isForbidden', () => {
  it.each([
    '169.254.169.254',
    '169.254.1.1',
    '[fe80::1]',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '100.100.100.200',
    'metadata.google.internal.',
  ])('%s', (host) => expect(isForbidden(host)).toBe(true))
  it.each(['127.0.0.1', '169.253.0.1', 'fd00::1', 's3.example.com'])('not %s', (host) =>
    expect(isForbidden(host)).toBe(false),
  )
  it('in whatever way a URL writes it', () => {
    for (const url of ['http://0xA9FEA9FE/', 'http://2852039166/', 'http://[::ffff:169.254.169.254]/']) {
      expect(isForbidden(new URL(url).hostname)).toBe(true)
    }
  })
})
