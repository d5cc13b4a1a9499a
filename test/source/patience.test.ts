import { expect, it } from 'vitest'
import { KafkaError } from '../../src/source/kafka-error.js'
import { withPatience } from '../../src/source/patience.js'

it.each([
  ['TIMED_OUT', 'KAFKA_UNREACHABLE', 'Check kafka.brokers, the network, and whether the brokers run.'],
  ['SASL_REFUSED', 'KAFKA_AUTHENTICATION', 'Mend kafka.sasl: mechanism, user name and password.'],
  ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_AUTHENTICATION', 'Grant the right; millrace policy prints the command.'],
  ['NOT_LEADER_FOR_PARTITION', 'KAFKA_UNREACHABLE', 'It may pass; look at the brokers if it persists.'],
])('%s ends the patience in the end, and whoever asked is told what to do', async (type, code, whatToDo) => {
  const asked = withPatience('asking for offsets', () => Promise.reject(new KafkaError(type, 'b:9092: no')))
  await expect(asked).rejects.toMatchObject({ code, message: `asking for offsets: b:9092: no. ${whatToDo}` })
})

it('what is no trouble of Kafka is passed on as it is', async () => {
  const bug = new Error('a bug')
  await expect(withPatience('asking', () => Promise.reject(bug))).rejects.toBe(bug)
})
