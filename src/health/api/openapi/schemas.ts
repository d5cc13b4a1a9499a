import { CONNECTOR_STATES } from '../../connector-states.js'
import { OUTCOMES } from '../../report.js'
import { amount, count, instant, listOf, named, object, oneOf, orNull, text, truth, type Schema } from './shapes.js'

const place = {
  topic: text('Kafka topic'),
  partition: count('Partition of the topic'),
}

const problem = {
  code: text("The provider's or Kafka's name for it, e.g. NoSuchBucket"),
  message: text('In plain words: what failed, on what'),
  whatToDo: text('What a person can do about it'),
}

const connector = {
  name: text('Its name in the configuration'),
  description: orNull(text('What it is for')),
  contact: orNull(text('Who is told when it fails')),
  enabled: truth('False: saved, not launched'),
  destination: named('Destination'),
  topics: listOf(text('Kafka topic')),
  state: named('State'),
  since: instant('When it came into this state'),
  problem: orNull(named('Problem')),
  needsAttention: truth('A person has to look'),
  failing: orNull(named('FailingCredentials')),
  lagEvents: orNull(count('Offsets that are not committed, over all partitions; null while Kafka has not said')),
  oldestUndeliveredAt: orNull(
    instant('Kafka timestamp of the oldest record that is not committed; null when none waits'),
  ),
  lastSuccessAt: orNull(instant('When the destination acknowledged something last; null when it has not')),
  inPerSecond: amount('Events read a second, over the last minute'),
  outPerSecond: amount('Events delivered a second, over the last minute'),
  totals: named('Totals'),
  retentionHeadroomMs: orNull({
    type: 'number',
    description:
      'Milliseconds until Kafka removes the oldest undelivered event; null when it never does, or none waits',
  }),
  partitionCount: count('Partitions of its topics that are known'),
  instances: listOf(text('A process that runs it')),
}

const partition = {
  ...place,
  owner: orNull(text('The process that has it; null when none has')),
  committed: orNull(count('Committed offset; null when nothing was ever committed')),
  end: orNull(count('Offset of the next record to be written; null while Kafka has not said')),
  lagEvents: orNull(count('Offsets that are not committed')),
  oldestUndeliveredAt: orNull(instant('Kafka timestamp of the oldest record that is not committed')),
}

const totals = {
  consumed: count('Records read, and offsets that Kafka had removed before'),
  returned: count('Read, and let go of undelivered: they are read again'),
  delivered: count('Acknowledged by the destination'),
  filtered: count('Not selected, and tombstones'),
  dropped: object('Given up, by why', {
    credentials: count('By the 48-hour rule'),
    retention: count('Kafka had removed them before they were delivered'),
  }),
  deadLettered: count('Can never be delivered: put aside'),
  objects: count('Objects written'),
  bytes: count('Bytes of what was delivered, encoded'),
  buffered: object('In memory now', { events: count('Records'), bytes: count('Bytes') }),
}

const sample = {
  at: instant('When the slice ended'),
  lagEvents: orNull(count('Offsets that were not committed')),
  oldestUndeliveredAgeMs: orNull(amount('Age of the oldest event that was not delivered, milliseconds')),
  consumed: count('In this slice, as are the next three'),
  delivered: count('Acknowledged by the destination'),
  dropped: count('Given up'),
  deadLettered: count('Put aside'),
  attempts: object(
    'Answers of the destination, by failure class',
    Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count('Answers')])),
  ),
  latencyMs: orNull(
    object('Of calls of the destination, milliseconds; null where there was none', {
      p50: amount('Median'),
      p95: amount('95th percentile'),
      p99: amount('99th percentile'),
    }),
  ),
}

const drop = {
  id: text('Names the entry, e.g. for millrace replay --drop'),
  connector: text('Whose events they were'),
  ...place,
  firstOffset: count('First offset of the range'),
  lastOffset: count('Last offset of the range'),
  events: count('Events in the range'),
  bytes: orNull(count('Their size in Kafka; null where it is not known')),
  reason: text('credentials: the 48-hour rule; retention: Kafka had removed them'),
  failingSince: orNull(instant('Since when the credentials had failed')),
  droppedAt: instant('When the entry was written'),
  errorCode: orNull(text('What the destination had said')),
  replayed: truth('Delivered after all'),
  replayedAt: orNull(instant('When')),
}

const check = {
  name: text('What is looked at, e.g. credentials or s3:PutObject'),
  resource: text('On what: an ARN, an address, a topic'),
  status: oneOf(['ok', 'warning', 'failed', 'skipped'], 'Warning and skipped are no failures'),
  message: text('What was found'),
  hint: orNull(text('What to do')),
  code: orNull(text("The provider's or Kafka's name for what is wrong")),
  durationMs: amount('How long it took, milliseconds'),
}

/** Every shape that the API answers, by its name in the document. */
export const schemas: Readonly<Record<string, Schema>> = {
  State: oneOf(CONNECTOR_STATES, 'The worst of all processes that run it; stopped when none does'),
  Instance: object('A process that runs connectors', {
    name: text('Host name and process id'),
    version: text('Version of Millrace'),
    startedAt: instant('When it started'),
    seenAt: instant('When it was heard of last'),
  }),
  Destination: object('Where a connector delivers', {
    type: oneOf(['s3', 'folder', 'kinesis', 'event-hubs'], 'Kind of destination'),
    place: text('For people, e.g. s3://acme-currents/currents'),
  }),
  Problem: object('What keeps a connector from delivering', problem),
  FailingCredentials: object('The 48-hour rule at work', {
    since: instant('T0: the first failure of the credentials without a success since'),
    dropAt: orNull(instant('After this events may be dropped; null where nothing is ever dropped')),
    kept: orNull(text('After the period: what keeps events from being dropped')),
    eventsAtStake: orNull(count('What waits, and would be dropped; null while it is not known')),
    bytesAtStake: orNull(amount('Of these, by the mean size of events so far')),
  }),
  Totals: object('Counts since the oldest of the processes that run it now started', totals),
  Connector: object('A connector over all processes that run it', connector),
  ConnectorDetails: object('A connector with its partitions', { ...connector, partitions: listOf(named('Partition')) }),
  Partition: object('A partition of a topic, as the connector sees it', partition),
  ErrorGroup: object('Errors of one code', {
    ...problem,
    firstAt: instant('When it happened first'),
    lastAt: instant('When it happened last'),
    count: count('How often'),
  }),
  TimelineEntry: object('A change of state, a step of the 48-hour rule, or what an operator did', {
    at: instant('When'),
    kind: oneOf(['state', 'credentials', 'operator'], 'What kind of entry'),
    what: text('A state, a step such as 24h, or what was done, e.g. pause'),
    code: orNull(text("The provider's or Kafka's name for what is wrong")),
    message: text('In plain words'),
    instance: text('The process that has seen it'),
  }),
  History: object('The last hour since the process started, and the last day, oldest first', {
    fineMs: count('Length of a slice of fine, milliseconds'),
    fine: listOf(named('Sample')),
    coarseMs: count('Length of a slice of coarse, milliseconds'),
    coarse: listOf(named('Sample')),
  }),
  Sample: object('A slice of time', sample),
  Drop: object('An entry of the drop ledger, as millrace drops list --json prints it', drop),
  DeadLetter: object('Where a dead letter came from, and what is wrong with it; never its payload', {
    ...place,
    offset: count('Offset of the record'),
    at: instant('When it was put aside'),
    reason: text('A code, e.g. NOT_JSON'),
    eventType: orNull(text('Null where it has none')),
  }),
  Done: object('What was asked for', {
    connector: text('Of which connector'),
    operation: oneOf(['pause', 'resume', 'probe', 'flush'], 'What'),
    message: text('What happens now, in words'),
  }),
  TestResult: object('What millrace test --json prints of a connector', {
    name: text('The connector'),
    enabled: truth('False: saved, not launched'),
    destination: text('Kind of destination'),
    ok: truth('False when a check failed'),
    checks: listOf(object('A named live check', check)),
  }),
  Error: object('What went wrong', {
    error: object('For programs and for people', {
      code: text('E.g. UNKNOWN_CONNECTOR'),
      message: text('What is wrong, and what to do'),
    }),
  }),
}
