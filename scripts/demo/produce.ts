// Sends every line of standard input as an event: node --import tsx scripts/demo/produce.ts HOST:PORT < events.jsonl
import { createInterface } from 'node:readline'
import { openProducer } from './topic.js'

const broker = process.argv[2]
if (!broker) {
  console.error('Which Kafka? Give its address, such as 127.0.0.1:9092.')
  process.exit(2)
}
const producer = await openProducer([broker])
let sent = 0
for await (const line of createInterface(process.stdin)) {
  if (line.trim() === '') continue
  await producer.send([{ key: `own-${sent}`, value: Buffer.from(line), fate: 'event' }])
  sent++
}
await producer.close()
console.log(`${sent} sent`)
