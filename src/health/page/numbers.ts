import type { Html } from './markup.js'
import { NOT_KNOWN } from './markup.js'

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const TENTHS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `1,234`. */
export const countText = (count: number): string => WHOLE.format(count)

/** As `countText`, of what may not be known. */
export const count = (value: number | null): Html | string => (value === null ? NOT_KNOWN : countText(value))

/** `1 event`, `1,234 events`. */
export const many = (value: number, one: string, more = `${one}s`): string =>
  `${countText(value)} ${value === 1 ? one : more}`

/** Events a second, with tenths where they matter: `0`, `9.5`, `120`. */
export function rateText(perSecond: number): string {
  return perSecond === 0 || perSecond >= 99.95 ? WHOLE.format(perSecond) : TENTHS.format(perSecond)
}

/** Decimal units, as providers bill them: `730 B`, `1.2 MB`. */
export function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(SIZE_UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  const amount = bytes / 1000 ** power
  return `${power === 0 || amount >= 99.95 ? WHOLE.format(amount) : TENTHS.format(amount)} ${SIZE_UNITS[power]}`
}
