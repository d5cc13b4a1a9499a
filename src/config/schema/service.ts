import { z } from 'zod'
import type { Secret } from '../../runtime/secret.js'
import { isLoopback } from '../addresses.js'
import { size, textLike } from '../option-types.js'
import type { PlaceTypes } from '../place-types.js'

const MIB = 1024 * 1024

/** Room for a few events of the largest size (900 KiB) at once; below, every event would wait for the one before. */
const MIN_MEMORY_BYTES = 4 * MIB

/** Cluster and zone become parts of object names. */
function namePart() {
  return textLike({
    pattern: /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,63}$/,
    noun: 'name for a part of object names',
    instead: 'write 1-63 of A-Z a-z 0-9 . _ -',
  })
}

export function hostName() {
  return textLike({
    pattern: /^[A-Za-z0-9:.[\]_-]{1,253}$/,
    noun: 'host name or address',
    instead: 'write for example 127.0.0.1 or 0.0.0.0',
  })
}

type Http = { host: string; port: number; token?: Secret; allowedHosts?: string[] }

function httpServer({ secret }: PlaceTypes) {
  return z
    .object({
      host: hostName().default('127.0.0.1').describe('address to listen on'),
      port: z.int().min(0).max(65_535).default(8080).describe('0: any free port'),
      token: secret.exactOptional().describe('bearer token of the API; obligatory unless the host is loopback'),
      allowedHosts: z
        .array(hostName())
        .exactOptional()
        .describe('further names that it is reached by: of a service, a proxy, an ingress'),
    })
    .superRefine(({ host, token }: Http, context) => {
      if (token || isLoopback(host) || !hostName().safeParse(host).success) return
      const params = { instead: 'add token: env:MILLRACE_TOKEN, or listen on 127.0.0.1' }
      context.addIssue({
        code: 'custom',
        message: `is missing although ${host} is no loopback address`,
        params,
        path: ['token'],
      })
    })
}

/** What concerns the whole process. */
export function serviceSection(place: PlaceTypes) {
  return z
    .object({
      cluster: namePart().default('local').describe('in object names'),
      zone: namePart().default('default').describe('the folder after the schema id'),
      memory: size(MIN_MEMORY_BYTES)
        .default(512 * MIB)
        .describe('bytes; budget for everything buffered in this process'),
      http: z
        .union([z.literal(false), httpServer(place)])
        .prefault({})
        .describe('status page and API; false: off'),
      schemas: place.path.exactOptional().describe('folder with further .avsc files, beside the built-in catalogue'),
      log: z
        .object({
          level: z
            .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
            .default('info')
            .describe('the least important lines that are written'),
          format: z.enum(['json', 'pretty']).default('json').describe('pretty: for people'),
        })
        .prefault({})
        .describe('log lines on standard error'),
    })
    .transform(({ memory, ...service }) => ({ ...service, memoryBytes: memory }))
}
