import path from 'node:path'

/** A key, or a symbolic link on its way, leads out of the destination's folder. */
export class OutsideFolder extends Error {
  constructor(place: string) {
    super(`${JSON.stringify(place)} leads out of the destination's folder. Remove the link, or mend the name.`)
  }
}

/**
 * The one way from a key to a path: always below `root`, whatever the key holds.
 * Throws `OutsideFolder` for empty, `.` and `..` segments (so for absolute keys, too), backslashes and control characters.
 */
export function pathInside(root: string, key: string): string {
  const segments = key.split('/')
  if (segments.some((segment) => !isPlainName(segment))) throw new OutsideFolder(key)
  return path.join(root, ...segments)
}

/** True when `place` is `folder` or below it; both absolute and normalized. */
export function isInside(place: string, folder: string): boolean {
  return place === folder || place.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep)
}

function isPlainName(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[\\\p{Cc}]/u.test(segment)
}
