import type { Commit } from './commit-checker.js'
import { readWholeTopic, type RawRecord } from './topic-reader.js'

/** A commit, and when the broker accepted it, Unix milliseconds. */
export interface TimedCommit extends Commit {
  atMs: number
}

/**
 * Every commit of the group that the broker has ever accepted, in order: from the topic in which it keeps them. Nothing
 * of it is compacted within a run, since the newest segment (100 MB) never is.
 */
export async function readCommits(brokers: string[], groupId: string, topic: string): Promise<TimedCommit[]> {
  const records = await readWholeTopic(brokers, '__consumer_offsets')
  return records.flatMap((record) => {
    const key = parseKey(record)
    return key?.groupId === groupId && key.topic === topic && record.value
      ? [{ partition: key.partition, ...parseValue(record.value) }]
      : []
  })
}

/** Keys of version 0 and 1 are of commits, others of the group itself [Kafka, OffsetCommitKey.json]. */
function parseKey({ key }: RawRecord): { groupId: string; topic: string; partition: number } | undefined {
  if (!key || key.readInt16BE(0) > 1) return undefined
  const groupId = textAt(key, 2)
  const topic = textAt(key, groupId.end)
  return { groupId: groupId.text, topic: topic.text, partition: key.readInt32BE(topic.end) }
}

/** Version 4, which Kafka 4 writes [Kafka, OffsetCommitValue.json]: offset, leader epoch, metadata, time of the commit, … */
function parseValue(value: Buffer): { offset: number; metadata: string; atMs: number } {
  const version = value.readInt16BE(0)
  if (version !== 4) throw new Error(`a commit in a format that is not known here: version ${version}`)
  const metadataStart = 14
  const { text, end } = compactTextAt(value, metadataStart)
  return { offset: Number(value.readBigInt64BE(2)), metadata: text, atMs: Number(value.readBigInt64BE(end)) }
}

/** One more than the length, in groups of seven bits, before the text. */
function compactTextAt(buffer: Buffer, start: number): { text: string; end: number } {
  let from = start
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = buffer.readUInt8(from++)
    length |= (byte & 127) << shift
    if (byte < 128) break
  }
  const end = from + length - 1
  return { text: buffer.toString('utf8', from, end), end }
}

/** Two bytes of length before the text. */
function textAt(buffer: Buffer, start: number): { text: string; end: number } {
  const from = start + 2
  const end = from + buffer.readInt16BE(start)
  return { text: buffer.toString('utf8', from, end), end }
}
