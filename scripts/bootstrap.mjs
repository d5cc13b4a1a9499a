// Plain Node with nothing but its own modules: it must work before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const projectFolder = join(import.meta.dirname, '..')

/**
 * Makes a fresh clone ready: `npm ci` when the dependencies are missing or older than the lockfile, then `npm run build`
 * when `dist` is missing or older than the sources. What the two print goes to stderr. Ends the process when one fails.
 */
export function ensureInstalled() {
  const installed = changedAtMs('node_modules/.package-lock.json')
  if (installed < changedAtMs('package-lock.json')) run('npm', ['ci', '--no-audit', '--no-fund'])
  const sources = Math.max(newestMs('src'), changedAtMs('tsconfig.json'), changedAtMs('tsconfig.build.json'))
  if (changedAtMs('dist/main.js') < sources) run('npm', ['run', 'build'])
}

/** When a file of the project was changed last; 0 when it does not exist. */
function changedAtMs(path) {
  const file = join(projectFolder, path)
  return existsSync(file) ? statSync(file).mtimeMs : 0
}

/** When something in a folder was changed, added or removed last. */
function newestMs(folder) {
  const entries = readdirSync(join(projectFolder, folder), { recursive: true })
  return Math.max(changedAtMs(folder), ...entries.map((entry) => changedAtMs(join(folder, entry))))
}

function run(command, args) {
  console.error(`> ${command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, {
    cwd: projectFolder,
    stdio: ['ignore', process.stderr, process.stderr],
  })
  if (status === 0) return
  console.error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
  process.exit(1)
}
