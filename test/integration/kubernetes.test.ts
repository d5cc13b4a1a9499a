import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { describeWithServers } from '../support/describe-with-servers.js'
import { runPythonWith } from '../support/python.js'

/** Ships the schemas of Kubernetes itself. */
const kubernetesValidate = 'kubernetes-validate==1.34.1'
/** The newest Kubernetes whose schemas it has. */
const kubernetes = '1.34'

const folder = 'deploy/kubernetes'
/** Kinds that are no part of Kubernetes: their schemas are not there. */
const FOREIGN = ['ServiceMonitor', 'Kustomization']

const script = `
import json, sys
import yaml, kubernetes_validate
problems = []
for file in sys.argv[2:]:
    try:
        kubernetes_validate.validate(yaml.safe_load(open(file)), sys.argv[1], strict=True)
    except Exception as error:
        problems.append([file, str(getattr(error, 'message', error))])
print(json.dumps(problems))
`

describeWithServers('the Kubernetes manifests', ['python'], () => {
  it('are what the schemas of Kubernetes ask for', async () => {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).map((file) => `${folder}/${file}`)
    const kinds = files.map((file) => (parse(readFileSync(file, 'utf8')) as { kind: string }).kind)
    const own = files.filter((_, index) => !FOREIGN.includes(kinds[index]!))
    expect(own).toHaveLength(6)
    const printed = await runPythonWith([kubernetesValidate], ['-c', script, kubernetes, ...own])
    expect(JSON.parse(printed)).toEqual([])
  })
})
