import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { MotoAddress } from './moto.js'
import { pythonPackages } from './python.js'

/** Neither the SDK nor the format is ours; the versions are those of the consumers in `examples/consumers`. */
const PACKAGES = ['boto3==1.44.5', 'aws_kinesis_agg==1.2.3']

/** An event in a shard, taken out of its aggregated record where it was in one. */
export interface ReadRecord {
  partitionKey: string
  data: Buffer
  isAggregated: boolean
  /** Whether the Kinesis Client Library would hand it out: what was aggregated only when its hash is one of the shard's. */
  isOfShard: boolean
}

/** Reads streams with boto3; one process for all, since to start one takes a second. */
export class KinesisReader {
  private constructor(
    private readonly ask: (line: string) => Promise<string>,
    readonly stop: () => Promise<void>,
  ) {}

  static async start({ endpoint, admin }: MotoAddress): Promise<KinesisReader> {
    const env = {
      ...process.env,
      ...{ PYTHONPATH: (await pythonPackages(PACKAGES)).join(':'), AWS_DEFAULT_REGION: 'us-east-1' },
      ...{ AWS_ACCESS_KEY_ID: admin.accessKeyId, AWS_SECRET_ACCESS_KEY: admin.secretAccessKey },
    }
    const child = spawn('python3', ['-c', SCRIPT, endpoint], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const ask = async (line: string) => {
      child.stdin.write(`${line}\n`)
      const answer: IteratorResult<string, unknown> = await lines.next()
      if (answer.done === true) throw new Error('the reader has ended, see its error above')
      return answer.value
    }
    return new KinesisReader(ask, () => {
      child.stdin.end()
      return exited
    })
  }

  /** A list for each shard, from its oldest record to its newest. One call at a time. */
  async read(stream: string): Promise<ReadRecord[][]> {
    type Row = Omit<ReadRecord, 'data'> & { data: string }
    const shards = JSON.parse(await this.ask(stream)) as Row[][]
    return shards.map((rows) => rows.map((row) => ({ ...row, data: Buffer.from(row.data, 'base64') })))
  }
}

const SCRIPT = `
import base64, hashlib, json, sys
import boto3
from aws_kinesis_agg.deaggregator import iter_deaggregate_records

kinesis = boto3.client("kinesis", endpoint_url=sys.argv[1])

def raw(stream, shard):
    answer = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    iterator = answer["ShardIterator"]
    while True:
        answer = kinesis.get_records(ShardIterator=iterator)
        yield from answer["Records"]
        if answer["MillisBehindLatest"] == 0:
            return
        iterator = answer["NextShardIterator"]

def row(record, shard):
    record = record["kinesis"]
    is_aggregated = record.get("aggregated", False)
    data = base64.b64decode(record["data"]) if is_aggregated else record["data"]
    key_hash = int(record.get("explicitHashKey") or hashlib.md5(record["partitionKey"].encode()).hexdigest(), 10 if record.get("explicitHashKey") else 16)
    low, high = (int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))
    return {
        "partitionKey": record["partitionKey"],
        "data": base64.b64encode(data).decode(),
        "isAggregated": is_aggregated,
        "isOfShard": not is_aggregated or low <= key_hash <= high,
    }

for line in sys.stdin:
    stream = line.strip()
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    print(json.dumps([[row(record, shard) for record in iter_deaggregate_records(raw(stream, shard), data_format="Boto3")] for shard in shards]), flush=True)
`
