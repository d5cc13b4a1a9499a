import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe } from 'vitest'

const program = 'promtool'

const execFileAsync = promisify(execFile)

/** Resolves to what promtool printed; rejects with that when it finds something wrong. */
export async function promtool(args: string[]): Promise<string> {
  const { stdout } = await execFileAsync(program, args)
  return stdout
}

/** `describe` for tests that need Prometheus's promtool: skipped where it is not installed; with CI=true that is a failure. */
export function describeWithPromtool(name: string, body: () => void): void {
  if (isInstalled()) return void describe(name, body)
  const missing = 'promtool is missing: install it (Debian: apt-get install prometheus)'
  if (process.env.CI === 'true') throw new Error(missing)
  describe.skip(`${name} (${missing})`, body)
}

function isInstalled(): boolean {
  return spawnSync(program, ['--version']).status === 0
}
