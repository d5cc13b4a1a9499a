import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What a process has used from its start to its end, all threads included. */
export interface Usage {
  cpuMicros: number
  /** The largest resident set. */
  peakBytes: number
  wallMs: number
}

const reporter = fileURLToPath(new URL('./report-usage.mjs', import.meta.url))

/** Runs Node with `args` and measures it; rejects with what it printed when it fails. */
export async function measure(args: string[], usageFile: string): Promise<Usage> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, ['--import', reporter, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, MILLRACE_BENCH_USAGE: usageFile },
  })
  let printed = ''
  child.stderr.on('data', (text) => (printed += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${args.join(' ')} failed (${code}):\n${printed}`)
  const wallMs = performance.now() - startedMs
  return { ...(JSON.parse(await readFile(usageFile, 'utf8')) as Omit<Usage, 'wallMs'>), wallMs }
}
