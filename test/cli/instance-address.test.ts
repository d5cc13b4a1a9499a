import { describe, expect, it } from 'vitest'
import { clientOf } from '../../src/cli/instance-address.js'
import type { Project } from '../../src/cli/project.js'
import type { Configuration } from '../../src/config/configuration.js'

type Http = Configuration['service']['http']

const placeOf = (http: Http, url?: string) => {
  const project = { configuration: { service: { http } } } as Project
  return clientOf(project, url, new AbortController().signal).place
}
const LOCAL = { host: '127.0.0.1', port: 8080 }

describe('the instance that is asked', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:8080'],
    ['0.0.0.0', 'http://127.0.0.1:8080'],
    ['::', 'http://[::1]:8080'],
    ['[::]', 'http://[::1]:8080'],
    ['::1', 'http://[::1]:8080'],
    ['[::1]', 'http://[::1]:8080'],
    ['localhost', 'http://localhost:8080'],
    ['millrace.internal', 'http://millrace.internal:8080'],
  ])('is that which listens on %s', (host, place) => {
    expect(placeOf({ host, port: 8080 })).toBe(place)
  })

  it.each([
    ['http://10.0.0.7:8080', 'http://10.0.0.7:8080'],
    ['https://ops.example/', 'https://ops.example'],
    ['https://ops.example/millrace', 'https://ops.example/millrace'],
  ])('is %s when that is named, whatever the configuration says', (url, place) => {
    expect(placeOf(LOCAL, url)).toBe(place)
    expect(placeOf(false, url)).toBe(place)
  })

  it.each([
    ['10.0.0.7:8080', '--url 10.0.0.7:8080 is no address: write it like http://127.0.0.1:8080'],
    ['ops', '--url ops is no address: write it like http://127.0.0.1:8080'],
    ['file:///etc/passwd', '--url file:///etc/passwd is no address: write it like http://127.0.0.1:8080'],
    ['http://x:planted@ops', '--url holds a user or password: leave them out, the token is service.http.token'],
    ['http://169.254.169.254', '--url http://169.254.169.254 is a link-local or metadata address'],
    ['http://ops/a?b', '--url http://ops/a?b has a query: write http://ops/a'],
  ])('cannot be %s', (url, message) => {
    expect(() => placeOf(LOCAL, url)).toThrow(expect.objectContaining({ code: 'USAGE', message }))
  })

  it.each([
    ['service.http is false', false as const],
    ['service.http.port is 0', { host: '127.0.0.1', port: 0 }],
  ])('is not known where %s', (why, http) => {
    const wrong = expect.objectContaining({
      code: 'NO_INSTANCE',
      message: expect.stringContaining(why) as string,
    }) as Error
    expect(() => placeOf(http)).toThrow(wrong)
  })
})
