import { expect, it } from 'vitest'
import { describeWithServers } from '../../support/describe-with-servers.js'
import { runPython } from '../../support/python.js'

describeWithServers('Python with fastavro', ['python'], () => {
  it('runs scripts with arguments and returns what they print', async () => {
    const script = 'import fastavro, sys; print(fastavro.__version__, sys.argv[1:])'
    expect(await runPython(script, ['a b'])).toBe("1.12.1 ['a b']\n")
  })

  it('rejects when the script fails', async () => {
    await expect(runPython('raise ValueError("bad object")')).rejects.toThrow('bad object')
  })
})
