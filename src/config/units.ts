/** Durations and sizes as people write them. A bare number is no duration: `48` says nothing without its unit. */

const MS_PER = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

// ISO 8601 without years and months, whose length depends on the calendar.
const ISO_DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3}))?S)?)?$/
const SHORT_DURATION = /^(\d+)(ms|s|m|h|d)$/

/** Milliseconds of `PT5M`, `P2D`, `PT0.5S`, `5m`, `48h`, `500ms`; undefined when the text is neither form. */
export function parseDuration(text: string): number | undefined {
  const short = SHORT_DURATION.exec(text)
  if (short) return exact(Number(short[1]) * MS_PER[short[2] as 'ms' | 's' | 'm' | 'h' | 'd'])
  const iso = ISO_DURATION.exec(text)
  if (!iso || /[PT]$/.test(text)) return undefined
  const [weeks, days, hours, minutes, seconds] = iso.slice(1, 6).map((digits) => Number(digits ?? 0))
  const milliseconds = Number((iso[6] ?? '').padEnd(3, '0'))
  const whole = (weeks ?? 0) * MS_PER.w + (days ?? 0) * MS_PER.d + (hours ?? 0) * MS_PER.h + (minutes ?? 0) * MS_PER.m
  return exact(whole + (seconds ?? 0) * MS_PER.s + milliseconds)
}

/** The shortest ISO 8601 form in hours, minutes and seconds: `PT48H`, `PT1M30S`, `PT0.5S`. */
export function formatDuration(durationMs: number): string {
  const hours = Math.floor(durationMs / MS_PER.h)
  const minutes = Math.floor((durationMs % MS_PER.h) / MS_PER.m)
  const seconds = (durationMs % MS_PER.m) / MS_PER.s
  const parts = [hours && `${hours}H`, minutes && `${minutes}M`, seconds && `${seconds}S`].filter(Boolean)
  return `PT${parts.join('') || '0S'}`
}

const BYTES_PER = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }
const SIZE = /^(\d+) ?(B|KiB|MiB|GiB)?$/

/** Bytes of `256KiB`, `8MiB`, `1GiB`, `65536`; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const size = SIZE.exec(text)
  return size ? exact(Number(size[1]) * BYTES_PER[(size[2] ?? 'B') as keyof typeof BYTES_PER]) : undefined
}

/** In the largest unit that divides it: `8MiB`, `1536B`. */
export function formatSize(bytes: number): string {
  const unit = (['GiB', 'MiB', 'KiB'] as const).find((name) => bytes > 0 && bytes % BYTES_PER[name] === 0) ?? 'B'
  return `${bytes / BYTES_PER[unit]}${unit}`
}

function exact(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}
