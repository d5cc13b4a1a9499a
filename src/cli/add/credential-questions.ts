import { anIdentity, aPlanForTheRole, hidden, text } from './ask.js'
import {
  ACCOUNT,
  account,
  APPLICATION,
  AWS,
  CONNECTION_STRING,
  destination,
  ENTRA,
  EVENT_HUBS,
  KEYS,
  needed,
  optional,
  ROLE,
  type Question,
} from './question.js'

/** With whose rights the connector writes. */
export const CREDENTIAL_QUESTIONS: readonly Question[] = [
  {
    key: 'identity',
    option:
      '--account <name>; or --new-account <name> with --access-key-id and --secret-access-key, --role-arn, or --machine-identity',
    ...{ when: AWS, isNeeded: needed, path: destination('account'), subject: 'credentials', ask: anIdentity },
  },
  {
    key: 'identity',
    option:
      '--account <name>; or --new-account <name> with --connection-string; or with --namespace and --tenant-id, --client-id, --client-secret, or --machine-identity',
    ...{ when: EVENT_HUBS, isNeeded: needed, path: destination('account'), subject: 'credentials', ask: anIdentity },
  },
  {
    ...{ key: 'account', option: '--new-account <name>', when: ACCOUNT, isNeeded: needed, subject: 'credentials' },
    path: (answers) => (answers.identity === 'existing' ? destination('account') : account(''))(answers),
    ask: text('account', 'Name of the new account, for this and further connectors', ({ name }) => name),
  },
  {
    ...{ key: 'accessKeyId', option: '--access-key-id <reference>', when: KEYS, isNeeded: needed },
    ...{ path: account('.accessKeyId'), subject: 'credentials', ask: hidden('accessKeyId', 'Access key id') },
  },
  {
    ...{ key: 'secretAccessKey', option: '--secret-access-key <reference>', when: KEYS, isNeeded: needed },
    ...{ path: account('.secretAccessKey'), subject: 'credentials' },
    ask: hidden('secretAccessKey', 'Secret access key'),
  },
  {
    ...{ key: 'sessionToken', option: '--session-token <reference>', when: KEYS, isNeeded: optional },
    ...{ path: account('.sessionToken'), subject: 'credentials' },
    ask: hidden('sessionToken', 'Session token, empty unless the key is temporary'),
  },
  {
    // No subject: the role that is made with it keeps it.
    ...{ key: 'externalId', option: '--external-id <id>', when: ROLE, isNeeded: optional },
    ...{ path: account('.externalId'), ask: aPlanForTheRole },
  },
  {
    ...{ key: 'roleArn', option: '--role-arn <arn>', when: ROLE, isNeeded: needed, path: account('.roleArn') },
    ...{ subject: 'credentials', ask: text('roleArn', 'ARN of the role you made') },
  },
  {
    ...{ key: 'stsEndpoint', option: '--sts-endpoint <url>', when: ROLE, isNeeded: optional },
    ...{ path: account('.stsEndpoint'), subject: 'credentials' },
  },
  {
    ...{ key: 'connectionString', option: '--connection-string <reference>', when: CONNECTION_STRING },
    ...{ isNeeded: needed, path: account('.connectionString'), subject: 'credentials' },
    ask: hidden('connectionString', 'Connection string with the right to send'),
  },
  {
    ...{ key: 'namespace', option: '--namespace <host>', when: ENTRA, isNeeded: needed, path: account('.namespace') },
    ...{ subject: 'credentials', ask: text('namespace', 'Namespace, such as acme.servicebus.windows.net') },
  },
  {
    ...{ key: 'tenantId', option: '--tenant-id <id>', when: APPLICATION, isNeeded: needed, path: account('.tenantId') },
    ...{ subject: 'credentials', ask: text('tenantId', 'Directory (tenant) id') },
  },
  {
    ...{ key: 'clientId', option: '--client-id <id>', when: APPLICATION, isNeeded: needed, path: account('.clientId') },
    ...{ subject: 'credentials', ask: text('clientId', 'Application (client) id') },
  },
  {
    ...{ key: 'clientSecret', option: '--client-secret <reference>', when: APPLICATION, isNeeded: needed },
    ...{ path: account('.clientSecret'), subject: 'credentials', ask: hidden('clientSecret', 'Client secret') },
  },
]
