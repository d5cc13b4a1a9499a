/** Longer names are refused: a name stands twice in an object's key, which ends at 1,024 bytes. */
const MAX_LENGTH = 200

const NAME = /^[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*$/

/** Whether the name may stand in keys, folders and headers: dotted words, nothing that means something in a path. */
export function isEventTypeName(name: string): boolean {
  return name.length <= MAX_LENGTH && NAME.test(name)
}

/**
 * What a type is about, as the macro `%EVENT_FAMILY%`: message engagement (messages, and the campaigns and canvases they
 * belong to) or customer behaviour, which is everything else (currents: words).
 */
export function eventFamily(eventType: string): 'message-engagement' | 'customer-behavior' {
  return MESSAGE_ENGAGEMENT.test(eventType) ? 'message-engagement' : 'customer-behavior'
}

const MESSAGE_ENGAGEMENT = /^users\.(messages|campaigns|canvas|canvasstep)\./
