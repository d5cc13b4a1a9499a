import { createHash } from 'node:crypto'

/**
 * The aggregated record of the Kinesis Producer Library ("KPL Aggregated Record Format", aggregation-format.md of
 * awslabs/amazon-kinesis-producer): a magic number, a protobuf message, the MD5 of the message.
 *
 *     message AggregatedRecord {
 *       repeated string partition_key_table     = 1;
 *       repeated string explicit_hash_key_table = 2;
 *       repeated Record records                 = 3;
 *     }
 *     message Record {
 *       required uint64 partition_key_index     = 1;
 *       optional uint64 explicit_hash_key_index = 2;
 *       required bytes  data                    = 3;
 *     }
 */
const MAGIC = Buffer.from('f3899ac2', 'hex')
const MD5_BYTES = 16

/** Numbers of fields, shifted, with their wire type: 0 a varint, 2 bytes after their length (Protocol Buffers, "Encoding"). */
const TABLE_KEY = (1 << 3) | 2
const TABLE_HASH_KEY = (2 << 3) | 2
const TABLE_RECORD = (3 << 3) | 2
const RECORD_KEY_INDEX = 1 << 3
const RECORD_HASH_KEY_INDEX = 2 << 3
const RECORD_DATA = (3 << 3) | 2

/** An aggregated record that grows; all its user records carry the same explicit hash key. */
export class AggregatedRecord {
  readonly #keys = new Map<string, number>()
  readonly #keyFields: Buffer[] = []
  readonly #recordFields: Buffer[] = []
  readonly #hashKeyField: Buffer
  #bytes: number

  constructor(hashKey: string) {
    this.#hashKeyField = Buffer.concat(lengthField(TABLE_HASH_KEY, Buffer.from(hashKey)))
    this.#bytes = MAGIC.length + this.#hashKeyField.length + MD5_BYTES
  }

  /** Adds a user record unless the whole would then have more than `mostBytes`; whether it did. */
  add(partitionKey: string, data: Buffer, mostBytes: number): boolean {
    const known = this.#keys.get(partitionKey)
    const keyField = known === undefined ? lengthField(TABLE_KEY, Buffer.from(partitionKey)) : []
    const recordField = recordFieldOf(known ?? this.#keys.size, data)
    const bytes = this.#bytes + lengthOf(keyField) + lengthOf(recordField)
    if (bytes > mostBytes) return false
    this.#bytes = bytes
    if (known === undefined) this.#keys.set(partitionKey, this.#keys.size)
    this.#keyFields.push(...keyField)
    this.#recordFields.push(...recordField)
    return true
  }

  encode(): Buffer {
    const message = Buffer.concat([...this.#keyFields, this.#hashKeyField, ...this.#recordFields])
    return Buffer.concat([MAGIC, message, createHash('md5').update(message).digest()])
  }
}

function recordFieldOf(keyIndex: number, data: Buffer): Buffer[] {
  const indexes = [RECORD_KEY_INDEX, ...varint(keyIndex), RECORD_HASH_KEY_INDEX, ...varint(0)]
  const before = Buffer.from([...indexes, RECORD_DATA, ...varint(data.length)])
  return [Buffer.from([TABLE_RECORD, ...varint(before.length + data.length)]), before, data]
}

const lengthField = (tag: number, bytes: Buffer) => [Buffer.from([tag, ...varint(bytes.length)]), bytes]

const lengthOf = (parts: readonly Buffer[]) => parts.reduce((sum, { length }) => sum + length, 0)

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}
