import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Service {
  image?: string
  profiles?: string[]
  ports?: string[]
  volumes?: string[]
  network_mode?: string
  depends_on?: Record<string, object>
}

const { services } = parse(readFileSync('docker-compose.yml', 'utf8')) as { services: Record<string, Service> }

describe('the compose file', () => {
  it('has Prometheus and Grafana, asked for by a profile', () => {
    expect(services['prometheus']?.profiles).toEqual(['monitoring'])
    expect(services['grafana']?.profiles).toEqual(['monitoring'])
  })

  it('lets Prometheus scrape what listens on loopback, at the address of prometheus.yaml', () => {
    const { scrape_configs } = parse(readFileSync('deploy/prometheus/prometheus.yaml', 'utf8')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[]
    }
    expect(services['prometheus']?.network_mode).toBe('service:millrace')
    expect(scrape_configs[0]?.static_configs[0]?.targets).toEqual(['localhost:8080'])
    expect(services['millrace']?.ports).toContain('127.0.0.1:9090:9090')
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
