import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/runtime/errors.js'
import { Secret } from '../../src/runtime/secret.js'
import { accountSecrets, secretsView } from '../../src/service/account-secrets.js'
import { SecretWatch } from '../../src/service/secret-watch.js'
import { FakeClock } from '../support/fake-clock.js'

const never = new AbortController().signal

/** A secret whose text can be changed. */
function changeable(text: string) {
  const file = { text }
  return { file, secret: new Secret({ kind: 'file', path: '/key' }, () => file.text) }
}

describe('watching secrets', () => {
  it('a change ends the wait within a second; the other secret may have changed as well', async () => {
    const [id, key] = [changeable('id'), changeable('key')]
    const clock = new FakeClock()
    const watch = new SecretWatch(secretsView([id.secret, key.secret]), clock)
    const changed = watch.changed(900_000, never)
    await clock.advance(10_000)
    key.file.text = 'another'
    await clock.advance(1_000)
    expect(await changed).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('without one, or when the text is as it was again, the wait has its whole length', async () => {
    const { file, secret } = changeable('id')
    const clock = new FakeClock()
    let result: boolean | undefined
    void new SecretWatch(secretsView([secret]), clock).changed(5_500, never).then((changed) => (result = changed))
    await clock.advance(2_200)
    file.text = 'x'
    file.text = 'id'
    await clock.advance(3_299)
    expect(result).toBeUndefined()
    await clock.advance(1)
    expect(result).toBe(false)
  })

  it('a change before the wait counts, unless it has been looked at', async () => {
    const { file, secret } = changeable('id')
    const watch = new SecretWatch(secretsView([secret]), new FakeClock())
    file.text = 'changed while it was tried'
    expect(await watch.changed(1_000, never)).toBe(true)
    watch.look()
    expect(await watch.changed(0, never)).toBe(false)
  })

  it('a secret that cannot be read is a state like another, and not fresh; that it can be read ends the wait', async () => {
    const key = { text: null as string | null }
    const secret = new Secret({ kind: 'file', path: '/key' }, () => {
      if (key.text === null) throw new MillraceError('CONFIGURATION', 'the secret file /key does not exist')
      return key.text
    })
    const view = secretsView([changeable('id').secret, secret])
    const missing = view.read()
    expect([missing.isFresh, view.read()]).toEqual([false, missing])
    const clock = new FakeClock()
    const changed = new SecretWatch(view, clock).changed(900_000, never)
    await clock.advance(10_000)
    key.text = 'there'
    await clock.advance(1_000)
    expect([await changed, view.read().isFresh, view.read().digest === missing.digest]).toEqual([true, true, false])
  })

  it('ends at once when it is told to', async () => {
    const clock = new FakeClock()
    const stop = new AbortController()
    const changed = new SecretWatch(secretsView([]), clock).changed(900_000, stop.signal)
    stop.abort()
    expect(await changed).toBe(false)
    expect(clock.pendingTimers).toBe(0)
  })

  it('the secrets are those of the connector’s account', () => {
    const { secret } = changeable('id')
    const keys = { type: 'aws' as const, accessKeyId: secret, secretAccessKey: secret }
    const role = { type: 'aws' as const, roleArn: 'arn' }
    const accounts = new Map<string, typeof keys | typeof role>([
      ['keys', keys],
      ['role', role],
    ])
    const s3 = (account: string) => {
      const where = { bucket: 'b', region: 'r', folder: 'f', encryption: 'none' as const, pathStyle: false }
      return { destination: { type: 's3' as const, account, ...where } }
    }
    const none = secretsView([]).read()
    expect(accountSecrets(s3('keys'), accounts).read()).toEqual(secretsView([secret, secret]).read())
    expect(accountSecrets(s3('role'), accounts).read()).toEqual(none)
    expect(accountSecrets({ destination: { type: 'folder', path: '/out', folder: 'f' } }, accounts).read()).toEqual(
      none,
    )
    expect(secretsView([secret]).read()).not.toEqual(none)
  })
})
