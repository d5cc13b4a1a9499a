import { Recorder } from './recorder.js'
import { startTroubledEventHub } from './troubled-event-hub.js'
import { startTroubledKinesis } from './troubled-kinesis.js'
import { SHARDS, type StreamAddress, type TroubledStream } from './troubled-stream.js'

/** The stream in a process of its own, which outlives the instances and costs them nothing; see `StreamPeer`. */

export type StreamKind = 'kinesis' | 'event-hubs'

export interface PeerOptions {
  kind: StreamKind
  seed: number
  logFile: string
  /** It forgets and swaps records: see `Recorder`. */
  isSabotaged: boolean
  /** One shard after the other takes nothing for so long. */
  throttledMs: number
}

export type PeerOrder = 'fail' | 'heal' | 'finish'

export type PeerNews = { ready: StreamAddress } | { finished: Record<string, number> }

/** Between two times in which a shard takes nothing. */
const PAUSE_MS = 1_000
/** Between two times at which the peer forgets what it has stored. */
const FORGET_MS = 500

class Weather {
  #timer: NodeJS.Timeout | undefined
  #throttled: { shard: number; fromMs: number } | undefined
  #turn = 0

  constructor(
    private readonly stream: TroubledStream,
    private readonly recorder: Recorder,
    private readonly throttledMs: number,
  ) {}

  begin(): void {
    this.stream.fail()
    this.#timer = setTimeout(() => this.#throttle(), PAUSE_MS)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#release()
    this.stream.heal()
  }

  #throttle(): void {
    const shard = this.#turn++ % SHARDS
    this.#throttled = { shard, fromMs: Date.now() }
    this.stream.throttle(shard)
    this.#timer = setTimeout(() => {
      this.#release()
      this.#timer = setTimeout(() => this.#throttle(), PAUSE_MS)
    }, this.throttledMs)
  }

  #release(): void {
    if (this.#throttled) this.recorder.throttled(this.#throttled.shard, this.#throttled.fromMs)
    this.#throttled = undefined
    this.stream.throttle(undefined)
  }
}

const { kind, seed, logFile, isSabotaged, throttledMs } = JSON.parse(process.argv[2] ?? '') as PeerOptions
const tell = (news: PeerNews) => process.send?.(news)
const recorder = new Recorder(logFile, isSabotaged)
const stream = await (kind === 'kinesis' ? startTroubledKinesis : startTroubledEventHub)({ seed, recorder })
const weather = new Weather(stream, recorder, throttledMs)
setInterval(() => stream.forget(), FORGET_MS)
process.on('message', (order: PeerOrder) => {
  if (order === 'fail') weather.begin()
  else if (order === 'heal') weather.end()
  else void recorder.close().then(() => tell({ finished: stream.failures }))
})
// Whoever started it is gone, however that was.
process.on('disconnect', () => process.exit())
tell({ ready: stream.address })
