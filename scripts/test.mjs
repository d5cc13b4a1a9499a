// npm test: all tests, real servers included. Arguments go to vitest: `npm test -- test/range`.
import { spawn } from 'node:child_process'
import { ensureInstalled, projectFolder } from './bootstrap.mjs'

ensureInstalled()

const vitest = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], {
  cwd: projectFolder,
  stdio: 'inherit',
  env: { ...process.env, MILLRACE_TEST_BUILT: 'true' },
})
// Ctrl-C reaches both; vitest then ends by itself, and what it prints last must not be cut off.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => vitest.kill('SIGTERM'))
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1
})
