import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Imports go one way: from a layer to any that stands after it (architecture.md; `config` and `health` have found their places). */
const LAYERS = [
  'main',
  'cli',
  'service',
  'pipeline',
  'delivery',
  'health',
  'destinations',
  'encoding',
  'range',
  'config',
  'events',
  'source',
  'runtime',
]

/** The only layer that may know a package from outside, so that it can be replaced in one place. */
const ADAPTERS: Record<string, string[]> = {
  kafkajs: ['source'],
  snappyjs: ['source'],
  lz4js: ['source'],
  '@bokuweb/zstd-wasm': ['source'],
  '@aws-sdk/client-s3': ['destinations'],
  '@aws-sdk/client-kinesis': ['destinations'],
  '@azure/event-hubs': ['destinations'],
  '@azure/identity': ['destinations'],
  ws: ['destinations'],
  '@aws-sdk/client-sts': ['destinations'],
  '@aws-sdk/credential-providers': ['destinations'],
  '@smithy/node-http-handler': ['destinations'],
  avsc: ['events', 'encoding'],
  zod: ['config'],
  yaml: ['config'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  pino: ['runtime'],
  nodemailer: ['health'],
  hono: ['health'],
  '@hono/node-server': ['health'],
  'prom-client': ['health'],
}

const root = new URL('../src/', import.meta.url).pathname
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** `delivery/lane.ts` → delivery, `cli.ts` → cli. */
const layerOf = (file: string) => (file.split('/')[0] ?? '').replace(/\.[jt]s$/, '')

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?<!\.)\b(?:from|import|require)\s*\(?\s*'([\w@./:-]+)'/g)].map(
    ([, specifier]) => specifier ?? '',
  )
}

describe('the architecture', () => {
  it('has every file in a layer', () => {
    expect(files.map(layerOf).filter((layer) => !LAYERS.includes(layer))).toEqual([])
  })

  it('lets imports go one way', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => normalize(join(dirname(file), specifier)))
        .filter((target) => LAYERS.indexOf(layerOf(target)) < LAYERS.indexOf(layerOf(file)))
        .map((target) => `${file} → ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('keeps the runtime free of anything else of ours', () => {
    const outside = files
      .filter((file) => layerOf(file) === 'runtime')
      .flatMap((file) => importsOf(file).filter((specifier) => specifier.startsWith('..')))
    expect(outside).toEqual([])
  })

  it('knows every package from outside in one layer', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .map((specifier) => specifier.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? specifier)
        .filter((name) => !(ADAPTERS[name] ?? []).includes(layerOf(file)))
        .map((name) => `${file} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })
})
