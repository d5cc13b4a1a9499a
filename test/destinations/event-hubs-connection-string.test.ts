import { expect, test } from 'vitest'
import { readConnectionString } from '../../src/destinations/event-hubs-connection-string.js'

const KEY = 'SharedAccessKeyName=sender;SharedAccessKey=planted+key/1='

function refusal(text: string): string {
  try {
    readConnectionString(text, 'engagement')
    return 'read'
  } catch (error) {
    return (error as Error).message
  }
}

test.each([
  [`Endpoint=sb://acme.servicebus.windows.net/;${KEY}`, { host: 'acme.servicebus.windows.net', tls: true }],
  [
    `Endpoint=sb://acme.servicebus.windows.net/;${KEY};EntityPath=engagement`,
    { host: 'acme.servicebus.windows.net', tls: true },
  ],
  [` Endpoint=sb://a.b;; ${KEY} ;`, { host: 'a.b', tls: true }],
  [`Endpoint=sb://localhost:5672;${KEY};UseDevelopmentEmulator=true;`, { host: 'localhost', port: 5672, tls: false }],
  ['Endpoint=sb://a.b/;SharedAccessSignature=SharedAccessSignature sr=x&sig=y&se=1&skn=z', { host: 'a.b', tls: true }],
])('%s', (text, expected) => {
  expect(readConnectionString(text, 'engagement')).toEqual(expected)
})

test.each([
  ['', 'has no Endpoint'],
  ['planted+key/1=', 'has no Endpoint'],
  [KEY, 'has no Endpoint'],
  [`Endpoint=https://acme.example/;${KEY}`, 'has no Endpoint'],
  [`Endpoint=sb://169.254.169.254/;${KEY}`, 'link-local or metadata address'],
  ['Endpoint=sb://a.b/', 'has no SharedAccessKeyName'],
  ['Endpoint=sb://a.b/;SharedAccessKey=planted+key/1=', 'has no SharedAccessKeyName'],
  [`Endpoint=sb://a.b/;${KEY};SharedAccessSignature=SharedAccessSignature sr=x`, 'has both'],
  ['Endpoint=sb://a.b/;SharedAccessSignature=planted+key/1=', 'does not begin with'],
  [`Endpoint=sb://a.b/;${KEY};EntityPath=planted+key/1=`, 'another event hub than engagement'],
  [`Endpoint=sb://a.b/;${KEY};planted+key`, 'a part without NAME=VALUE'],
  [`Endpoint=sb://a.b/;\n${KEY}`, 'a line break'],
])('%s: is refused, and not shown', (text, problem) => {
  const said = refusal(text)
  expect(said).toContain(problem)
  expect(said).not.toContain('planted')
})
