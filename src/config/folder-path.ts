import { suggestion } from './suggestion.js'
import { shown } from './problem.js'

/** The folder inside a bucket or a local folder: safe path segments, in which macros may stand (currents.md: objects). */

const FOLDER_MACROS = [
  '%EVENT_TYPE%',
  '%EVENT_FAMILY%',
  '%CONNECTOR%',
  '%SCHEMA_ID%',
  '%YYYY%',
  '%MM%',
  '%DD%',
  '%HH%',
] as const

/** S3 allows 1,024 bytes for a whole key; the names that follow the folder need up to half of it. */
const MAX_FOLDER_BYTES = 500

const MACRO_LIKE = /%[^%/]*%?/g

/** What is wrong with a folder, and what to write instead; undefined when nothing is. */
export function folderMistake(folder: string): [message: string, instead: string] | undefined {
  if (folder === '') return ['is empty', 'write a folder, or remove the line for "currents"']
  if (/\p{Cc}|\\/u.test(folder)) return [`${shown(folder)} holds control characters or backslashes`, 'remove them']
  if (Buffer.from(folder).toString() !== folder) return [`${shown(folder)} is no valid Unicode`, 'write it anew']
  if (Buffer.byteLength(folder) > MAX_FOLDER_BYTES) {
    return [`is ${Buffer.byteLength(folder)} bytes long`, `write at most ${MAX_FOLDER_BYTES}`]
  }
  return segmentMistake(folder) ?? macroMistake(folder)
}

function segmentMistake(folder: string): [string, string] | undefined {
  const segments = folder.split('/')
  if (segments.some((segment) => segment === '..' || segment === '.')) {
    return [`${shown(folder)} holds "." or ".."`, 'write the folder itself']
  }
  if (segments.includes('')) {
    return [
      `${shown(folder)} holds an empty name`,
      `write ${shown(segments.filter((segment) => segment !== '').join('/'))}`,
    ]
  }
  return undefined
}

function macroMistake(folder: string): [string, string] | undefined {
  const unknown = (folder.match(MACRO_LIKE) ?? []).find((macro) => !FOLDER_MACROS.some((known) => known === macro))
  if (unknown === undefined) return undefined
  const nearest = suggestion(unknown, FOLDER_MACROS)
  return [
    `${shown(unknown)} is no macro`,
    nearest ? `did you mean ${nearest}?` : `write one of ${FOLDER_MACROS.join(' ')}`,
  ]
}
