// Plain Node with nothing but its own modules: it must work before anything is installed.
import { spawn } from 'node:child_process'
import { projectFolder } from './bootstrap.mjs'

/** What shells report of a program that Ctrl-C ended: 128 + SIGINT. */
const interruptedCode = 130

/**
 * Runs Node with `args` in the project folder, as the first process of a group of its own; resolves to its exit code,
 * 130 when a signal ended it. SIGINT, SIGTERM and SIGHUP to this process reach every process of the group as SIGINT,
 * and when the first one has ended, whatever is left of the group is killed. The first one sees `disconnect` should this
 * process vanish.
 */
export async function runAsGroup(args) {
  const first = spawn(process.execPath, args, {
    cwd: projectFolder,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // The SDK's advice to take a newer Node.
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    detached: true,
  })
  const interrupt = () => signalGroup(first.pid, 'SIGINT')
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, interrupt)
  const code = await new Promise((resolve) => first.once('exit', resolve))
  for (const signal of signals) process.off(signal, interrupt)
  signalGroup(first.pid, 'SIGKILL')
  return code ?? interruptedCode
}

/** As `ensureInstalled`, but in a group of its own, so that Ctrl-C ends npm and all it has started. Resolves to its exit code. */
export function installAsGroup() {
  const bootstrap = new URL('./bootstrap.mjs', import.meta.url)
  return runAsGroup(['--input-type=module', '--eval', `(await import('${bootstrap.href}')).ensureInstalled()`])
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // ESRCH: nobody of the group is left.
    if (error.code !== 'ESRCH') throw error
  }
}
