import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sampleObject } from './support/encoded-objects.js'
import { PROGRAM } from './support/millrace-process.js'
import { seededRandom } from './support/seeded-random.js'
import { temporaryFolder } from './support/temporary-folder.js'
import { builtInCatalogue } from './support/transcoding.js'

/** Reads a pipe that is full each time it looks: 8 KiB, a pause, 8 KiB. */
const SLOW_READER = `python3 -c '
import os, sys, time
while chunk := os.read(0, 8192):
    sys.stdout.buffer.write(chunk)
    time.sleep(0.002)
'`

/** Several times what a pipe takes (64 KiB). */
const sample = await sampleObject(await builtInCatalogue(), 'users.messages.email.Open', {
  codec: 'deflate',
  events: 1500,
  random: seededRandom(5),
})

/** `millrace inspect --json` of the sample into a real pipe: what came out of it, and how Millrace exited. */
async function inspectedThrough(reader: string) {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'a.avro'), sample.bytes)
  const script = `{ "$@"; echo $? > exit-code; } | ${reader}`
  const millrace = [process.execPath, ...PROGRAM, 'inspect', '--json', 'a.avro']
  const shell = spawn('sh', ['-c', script, 'sh', ...millrace], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  onTestFinished(() => void shell.kill('SIGKILL'))
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)])
  return { stdout, stderr, exitCode: Number(await readFile(join(folder, 'exit-code'), 'utf8')) }
}

describe('the process', () => {
  it('exits when a slow reader has got everything', async () => {
    const { stdout, stderr, exitCode } = await inspectedThrough(SLOW_READER)
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(stdout.length).toBeGreaterThan(200_000)
    const events = stdout.trimEnd().split('\n')
    expect(events.map((line) => JSON.parse(line) as unknown)).toEqual(sample.expected)
  })

  it('ends quietly when its reader goes away', async () => {
    const { stdout, stderr, exitCode } = await inspectedThrough('head -n 1')
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(JSON.parse(stdout)).toEqual(sample.expected[0])
  })
})
