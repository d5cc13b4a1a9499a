// The benchmark's own process, started by scripts/bench.mjs as the first of a process group.
import { benchmark } from './benchmark.js'
import type { BenchOptions } from './options.js'
import { goals, report } from './report.js'

// Whatever this process has started ends with it: servers by themselves, the others as members of its group.
process.on('disconnect', () => process.kill(0, 'SIGINT'))

const options = JSON.parse(process.argv[2] ?? '') as BenchOptions
const results = await benchmark(options, (line) => console.error(line))
const verdicts = goals(results)
if (options.json) console.log(JSON.stringify({ options, results, goals: verdicts }, null, 2))
else console.log(report(results, verdicts))
process.exit(options.check && verdicts.some(({ isMet }) => !isMet) ? 1 : 0)
