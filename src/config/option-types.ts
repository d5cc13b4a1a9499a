import { z } from 'zod'
import { shown } from './problem.js'
import { formatDuration, formatSize, parseDuration, parseSize } from './units.js'

/** The kinds of values an option can have, beyond zod's own. Each refuses with what is wrong and what to write instead. */

/** Adds a problem at the value under check; `instead` says what to write. */
export function refuse(context: z.core.$RefinementCtx, message: string, instead: string): void {
  context.addIssue({ code: 'custom', message, params: { instead } })
}

/** What an option's text must look like. */
export interface TextRule {
  pattern: RegExp
  /** In messages: `"x" is no <noun>`. */
  noun: string
  /** In messages: what to write instead. */
  instead: string
}

const PRINTABLE = /^\P{Cc}+$/u

/** Any text of one line that says something. */
export function text() {
  return z.string().superRefine((value, context) => {
    if (value === '') refuse(context, 'is empty', 'give a value or remove the line')
    else if (!PRINTABLE.test(value)) refuse(context, 'holds control characters', 'write it on one line, without them')
  })
}

export function textLike(rule: TextRule) {
  return z.string().superRefine((value, context) => {
    if (!rule.pattern.test(value)) refuse(context, `${shown(value)} is no ${rule.noun}`, rule.instead)
  })
}

/** Milliseconds from `PT5M` or `5m`, within limits in milliseconds. */
export function duration(minMs: number, maxMs = Number.MAX_SAFE_INTEGER) {
  return z
    .unknown()
    .transform((value, context) => {
      const durationMs = typeof value === 'string' ? parseDuration(value) : undefined
      if (durationMs === undefined) refuse(context, ...wrongDuration(value))
      else if (durationMs < minMs)
        refuse(context, `${shown(value)} is too short`, `write at least ${formatDuration(minMs)}`)
      else if (durationMs > maxMs)
        refuse(context, `${shown(value)} is too long`, `write at most ${formatDuration(maxMs)}`)
      return durationMs ?? z.NEVER
    })
    .meta({ writtenAs: 'duration' })
}

function wrongDuration(value: unknown): [string, string] {
  if (typeof value === 'number' || /^\d+(\.\d+)?$/.test(String(value))) {
    return [
      `${shown(value)} has no unit`,
      `write for example ${String(value)}s, ${String(value)}m or ${String(value)}h`,
    ]
  }
  if (/^P.*\d[YM](?!.*T.*M)/.test(String(value))) {
    return [`${shown(value)} has years or months, whose length varies`, 'write days, for example P30D']
  }
  return [`${shown(value)} is no duration`, 'write it like PT5M, PT48H, 30s, 5m or 2d']
}

/** Bytes from `8MiB` or a number of bytes, within limits in bytes. */
export function size(minBytes: number, maxBytes = Number.MAX_SAFE_INTEGER) {
  return z
    .unknown()
    .transform((value, context) => {
      const bytes = typeof value === 'number' || typeof value === 'string' ? parseSize(String(value)) : undefined
      if (bytes === undefined) refuse(context, ...wrongSize(value))
      else if (bytes < minBytes)
        refuse(context, `${shown(value)} is too small`, `write at least ${formatSize(minBytes)}`)
      else if (bytes > maxBytes)
        refuse(context, `${shown(value)} is too large`, `write at most ${formatSize(maxBytes)}`)
      return bytes ?? z.NEVER
    })
    .meta({ writtenAs: 'size' })
}

function wrongSize(value: unknown): [string, string] {
  const decimal = /^(\d+) ?([KMG])i?B?$/i.exec(String(value))
  if (decimal) return [`${shown(value)} is no size`, `write ${decimal[1]}${decimal[2]?.toUpperCase()}iB`]
  return [`${shown(value)} is no size`, 'write it like 256KiB, 8MiB or 1GiB, or a whole number of bytes']
}

/** A list in which nothing stands twice. */
export function listOf(item: z.ZodType<string>) {
  return z.array(item).superRefine((items, context) => {
    for (const [index, value] of items.entries()) {
      if (items.indexOf(value) === index) continue
      context.addIssue({
        code: 'custom',
        message: `${shown(value)} stands in the list twice`,
        params: { instead: 'remove one' },
        path: [index],
      })
    }
  })
}

/** An instant, `2026-11-01T00:00:00Z`, as Unix milliseconds; or one of two words. */
export function startingPoint() {
  const instant = z.iso.datetime({ offset: true })
  return z.unknown().transform((value, context): 'beginning' | 'end' | number => {
    if (value === 'beginning' || value === 'end') return value
    if (typeof value === 'string' && instant.safeParse(value).success) return Date.parse(value)
    refuse(
      context,
      `${shown(value)} is no starting point`,
      'write beginning, end or an instant like 2026-11-01T00:00:00Z',
    )
    return z.NEVER
  })
}
