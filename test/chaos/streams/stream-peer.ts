import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { PeerNews, PeerOptions, PeerOrder } from './peer-program.js'
import type { StreamAddress } from './troubled-stream.js'

/** The stream, which runs in a process of its own. */
export class StreamPeer {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: StreamAddress,
  ) {}

  /** Resolves when it listens. It ends with this process, however that ends. */
  static async start(options: PeerOptions): Promise<StreamPeer> {
    const program = join(import.meta.dirname, 'peer-program.ts')
    const child = fork(program, [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
      env: { PATH: process.env['PATH'] },
    })
    const news = await newsOf(child)
    if (!('ready' in news)) throw new Error('the stream has ended before it began')
    return new StreamPeer(child, news.ready)
  }

  /** Everything that can fail does so now and then, and one shard after the other takes nothing for some seconds. */
  fail(): void {
    this.#order('fail')
  }

  heal(): void {
    this.#order('heal')
  }

  /** Its log is complete afterwards; resolves to how often it has failed, and how. */
  async finish(): Promise<Record<string, number>> {
    this.#order('finish')
    const news = await newsOf(this.child)
    return 'finished' in news ? news.finished : {}
  }

  /** Ends the process. */
  stop(): void {
    this.child.kill('SIGKILL')
  }

  #order(order: PeerOrder): void {
    this.child.send(order)
  }
}

/** Rejects when the process ends instead. */
async function newsOf(child: ChildProcess): Promise<PeerNews> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the process of the stream has ended')
  })
  const [news] = (await Promise.race([once(child, 'message'), ended])) as [PeerNews]
  return news
}
