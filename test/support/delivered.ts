import avro from 'avsc'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** An event as it was read back from an object. */
export interface DeliveredEvent {
  /** Path of the object below the folder. */
  path: string
  event: Record<string, unknown>
}

/** Every event of every object below `folder`; objects in writing are not there yet. Rejects for an object that is broken. */
export async function deliveredEvents(folder: string): Promise<DeliveredEvent[]> {
  const paths = await readdir(folder, { recursive: true }).catch(() => [])
  const objects = paths.filter((path) => path.endsWith('.avro')).sort()
  const events = await Promise.all(objects.map(async (path) => decode(path, await readFile(join(folder, path)))))
  return events.flat()
}

/** Values of one field over all delivered events, sorted. */
export async function deliveredIds(folder: string): Promise<string[]> {
  return (await deliveredEvents(folder)).map(({ event }) => String(event['id'])).sort()
}

async function decode(path: string, bytes: Buffer): Promise<DeliveredEvent[]> {
  const events: DeliveredEvent[] = []
  const decoder = new avro.streams.BlockDecoder()
  await new Promise((resolve, reject) => {
    decoder.on('data', (event: Record<string, unknown>) =>
      events.push({ path: relative('', path), event: { ...event } }),
    )
    decoder.on('end', resolve).on('error', reject)
    decoder.end(bytes)
  })
  return events
}
