import { randomBytes } from 'node:crypto'
import type { Terminal } from './terminal.js'

/** 128 bits cannot be guessed; in hexadecimal they are characters that STS allows (AssumeRole, ExternalId: 2-1,224 of `\w+=,.@:/-`). */
const RANDOM_BYTES = 16

export function newExternalId(): string {
  return `millrace-${randomBytes(RANDOM_BYTES).toString('hex')}`
}

/** Prints a new external id and what to do with it: it is needed before the role exists. Keeps it nowhere. */
export function externalId({ json }: { json: boolean }, terminal: Terminal): void {
  const id = newExternalId()
  if (json) return terminal.out(JSON.stringify({ externalId: id }, null, 2))
  terminal.out(id)
  STEPS.forEach((line) => terminal.err(line))
}

const STEPS = [
  '',
  'What to do with it:',
  '1. Write it into the account, beside the ARN the role is going to have:',
  '     accounts:',
  '       acme: { type: aws, roleArn: "arn:aws:iam::123456789012:role/currents", externalId: "…" }',
  '2. `millrace policy <connector>` prints the trust policy that asks for it, and the rights of the role: create the role.',
  '3. `millrace test <connector>` tells whether it works. It is no password, but use another one for every customer.',
]
