// Loaded into every measured process (`node --import`): at its end it writes down what the process has used.
import { readFileSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage()
    const usage = { cpuMicros: userCPUTime + systemCPUTime, peakBytes: peakBytes() }
    writeFileSync(process.env.MILLRACE_BENCH_USAGE, JSON.stringify(usage))
  })
}

/** The largest resident set. Linux counts in `maxRSS` what the process was before it became Node; VmHWM does not. */
function peakBytes() {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
    return Number(kib) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}
