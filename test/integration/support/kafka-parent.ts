// Started by local-kafka.test.ts to be killed: starts Kafka, says where, and waits.
import { startKafka } from '../../../scripts/servers/local-kafka.js'

const kafka = await startKafka()
console.log(JSON.stringify({ pid: kafka.pids[0], folder: kafka.folder }))
