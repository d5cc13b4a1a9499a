import { readFileSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { validate } from '../../src/cli/validate.js'
import { catalogueOf } from '../config/in-memory-catalogue.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const folder = 'deploy/kubernetes'
const read = <T>(file: string) => parse(readFileSync(`${folder}/${file}`, 'utf8')) as T

interface Container {
  args: string[]
  ports: { name: string; containerPort: number }[]
  livenessProbe: { httpGet: { path: string; port: string } }
  readinessProbe: { httpGet: { path: string; port: string } }
  volumeMounts: { name: string; mountPath: string }[]
  securityContext: { readOnlyRootFilesystem: boolean }
}
interface Deployment {
  spec: {
    selector: { matchLabels: object }
    template: {
      metadata: { labels: object }
      spec: {
        terminationGracePeriodSeconds: number
        securityContext: { runAsNonRoot: boolean }
        containers: Container[]
      }
    }
  }
}

const { spec } = read<Deployment>('deployment.yaml')
const [container] = spec.template.spec.containers as [Container]
const { data } = read<{ data: Record<string, string> }>('configmap.yaml')

describe('the Kubernetes manifests', () => {
  it('mount a configuration that millrace validate accepts, with secrets from files', async () => {
    const root = await temporaryFolder()
    const path = join(root, container.args.at(-1)!)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, data['millrace.yaml']!)
    const secrets = join(root, '/etc/millrace/secrets')
    await mkdir(secrets)
    const references = [...data['millrace.yaml']!.matchAll(/file:\.\.\/secrets\/([\w-]+)/g)].map(([, name]) => name!)
    for (const name of references) await writeFile(join(secrets, name), 'secret')
    expect(references).toEqual(['http-token', 'access-key-id', 'secret-access-key'])
    expect(data['millrace.yaml']).not.toContain('env:')

    const catalogue = catalogueOf({ 'users.Open': [{ id: 'string', user_id: 'string' }] })
    const loadCatalogue = () => Promise.resolve({ catalogue })
    const parts = { env: {}, loadCatalogue, keyProblem: () => undefined }
    const validation = await validate(path, { ...parts, json: false })
    expect(validation).toEqual({ exitCode: 0, output: [`${path} is valid: 1 connector, 1 event type`] })
  })

  it('ask the probes where Millrace answers them', () => {
    const { port } = (parse(data['millrace.yaml']!) as { service: { http: { port: number } } }).service.http
    expect(container.ports).toEqual([{ name: 'http', containerPort: port }])
    expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' })
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' })
  })

  it('leave time to stop, and no rights', () => {
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(25)
    expect(spec.template.spec.securityContext.runAsNonRoot).toBe(true)
    expect(container.securityContext.readOnlyRootFilesystem).toBe(true)
  })

  it('mean the same pods everywhere', () => {
    const { matchLabels } = spec.selector
    expect(spec.template.metadata.labels).toEqual(matchLabels)
    expect(read<{ spec: { selector: object } }>('service.yaml').spec.selector).toEqual(matchLabels)
    expect(read<{ spec: { selector: object } }>('disruption.yaml').spec.selector).toEqual({ matchLabels })
    expect(read<{ spec: { podSelector: object } }>('network-policy.yaml').spec.podSelector).toEqual({ matchLabels })
  })

  it('are all applied, but for those whose kinds are not known everywhere', async () => {
    const { resources } = read<{ resources: string[] }>('kustomization.yaml')
    const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'))
    expect([...resources, 'kustomization.yaml', 'monitoring.yaml'].sort()).toEqual(files.sort())
  })
})
