import { describe, expect, it } from 'vitest'
import { slackChannel } from '../../../src/health/notifications/slack.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { never, notification, secret } from './sample.js'

interface Message {
  text: string
  blocks: { type: string; text: { type: string; text: string } }[]
}

async function sentBy(changes: Parameters<typeof notification>[0]): Promise<Message> {
  const { origin, received } = await httpReceiver()
  const channel = slackChannel('slack', { url: secret(`${origin}/services/T/B/x`) })
  expect(await channel.send(notification(changes), never)).toBe('sent')
  expect(received[0]?.path).toBe('/services/T/B/x')
  return JSON.parse(received[0]?.body ?? '') as Message
}

describe('Slack', () => {
  it('gets a header and the particulars, in which nothing can call a channel', async () => {
    const { text, blocks } = await sentBy({})
    expect(text).toBe('acme: credentials fail: the token &lt;has&gt; expired &amp; must be renewed')
    expect(blocks[0]).toEqual({ type: 'header', text: { type: 'plain_text', text: 'acme: credentials fail' } })
    expect(blocks[1]?.text).toEqual({
      type: 'mrkdwn',
      text: [
        '*What happened:* the token &lt;has&gt; expired &amp; must be renewed',
        '*Code:* ExpiredToken',
        '*Since:* 2026-11-01T00:00:00.000Z',
        '*Events are dropped after:* 2026-11-03T00:00:00.000Z',
        '*What to do:* renew the token',
      ].join('\n'),
    })
  })

  it('gets no more than it takes', async () => {
    const { blocks } = await sentBy({ message: 'x'.repeat(10_000), connector: 'c'.repeat(200) })
    expect(blocks.map(({ text }) => text.text.length)).toEqual([150, 3000])
  })
})
