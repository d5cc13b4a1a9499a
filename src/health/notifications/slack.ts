import type { SlackSettings } from '../../config/configuration.js'
import type { Channel } from './channel.js'
import { postJson } from './http-post.js'
import { particularsOf, titleOf, type Notification } from './notification.js'

/** Slack's limits of a block's text: plain text of a header, text of a section (api.slack.com/reference/block-kit/blocks). */
const MAX_HEADER_CHARACTERS = 150
const MAX_SECTION_CHARACTERS = 3000

/** Posts a header and the particulars to an incoming webhook of Slack. */
export function slackChannel(name: string, { url, events }: SlackSettings): Channel {
  return {
    name,
    wants: ({ kind }) => events?.includes(kind) ?? true,
    send: (notification, signal) => postJson(url.read(), JSON.stringify(slackMessage(notification)), {}, signal),
  }
}

function slackMessage(notification: Notification): object {
  const title = titleOf(notification)
  const particulars = particularsOf(notification).map(([name, value]) => `*${name}:* ${escaped(value)}`)
  return {
    text: `${escaped(title)}: ${escaped(notification.message)}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title.slice(0, MAX_HEADER_CHARACTERS) } },
      { type: 'section', text: { type: 'mrkdwn', text: particulars.join('\n').slice(0, MAX_SECTION_CHARACTERS) } },
    ],
  }
}

/** Slack reads these three as the beginning of a mention or link, so that nothing in a text can call a whole channel. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
