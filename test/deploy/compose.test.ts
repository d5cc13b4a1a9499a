import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Service {
  image?: string
  profiles?: string[]
  ports?: string[]
  volumes?: string[]
  network_mode?: string
  environment?: Record<string, string>
  depends_on?: Record<string, object>
}

const { services } = parse(readFileSync('docker-compose.yml', 'utf8')) as { services: Record<string, Service> }

describe('the compose file', () => {
  it('has Prometheus and Grafana, asked for by a profile', () => {
    expect(services['prometheus']?.profiles).toEqual(['monitoring'])
    expect(services['grafana']?.profiles).toEqual(['monitoring'])
  })

  it('lets Prometheus scrape Millrace by its name there, with its token', () => {
    const { scrape_configs } = parse(readFileSync('deploy/prometheus/prometheus.yaml', 'utf8')) as {
      scrape_configs: { authorization: { credentials: string }; static_configs: { targets: string[] }[] }[]
    }
    const { service } = parse(readFileSync('examples/millrace.yaml', 'utf8')) as {
      service: { http: { host: string; port: number; token: string; allowedHosts: string[] } }
    }
    const [target] = scrape_configs[0]?.static_configs[0]?.targets ?? []
    expect(target).toBe(`${service.http.allowedHosts[0]}:${service.http.port}`)
    expect(service.http).toMatchObject({ host: '0.0.0.0', token: 'env:MILLRACE_TOKEN' })
    expect(services['millrace']?.environment).toMatchObject({
      MILLRACE_TOKEN: scrape_configs[0]?.authorization.credentials,
    })
  })

  // A network that is shared is lost to the other container when Millrace restarts.
  it('gives each service a network of its own', () => {
    expect(Object.values(services).filter((service) => service.network_mode)).toEqual([])
    expect(services['grafana']?.environment?.['PROMETHEUS_URL']).toBe('http://prometheus:9090')
  })

  it('publishes on loopback only, and mounts only what there is', () => {
    const all = Object.values(services)
    const ports = all.flatMap(({ ports = [] }) => ports)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    const mounted = all
      .flatMap(({ volumes = [] }) => volumes)
      .flatMap((volume) => /^(\.[^:]*):/.exec(volume)?.[1] ?? [])
    expect(mounted).toContain('./deploy/grafana/dashboards')
    expect(mounted.filter((path) => !existsSync(path))).toEqual([])
  })

  it('pins every image, and waits only for services that there are', () => {
    const images = Object.values(services).flatMap(({ image }) => image ?? [])
    expect(images.filter((image) => !/:[\w.-]*\d/.test(image))).toEqual([])
    const awaited = Object.values(services).flatMap(({ depends_on = {} }) => Object.keys(depends_on))
    expect(awaited.filter((name) => !(name in services))).toEqual([])
  })
})
