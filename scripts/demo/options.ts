/** What `scripts/demo.mjs` has read from the command line. */
export interface DemoOptions {
  events: number
  destination: 's3' | 'folder'
  keep: boolean
  docker: boolean
  /** The work folder, relative to the project. */
  folder: string
}

/** Something is not as the demo needs it; the message says what to do, in words for people. */
export class DemoError extends Error {}
