import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** PEM texts; the key is unencrypted PKCS #8, as Kafka wants it. */
interface Certificate {
  certificate: string
  key: string
}

/** A certificate authority for one test run, and what it signs. */
export interface CertificateAuthority {
  /** PEM; what those must trust who trust this authority. */
  certificate: string
  /** A certificate that names its owner `name` and is valid for 127.0.0.1 and localhost, for servers and clients. */
  issue(name: string): Promise<Certificate>
}

/** Makes an authority with openssl; its files are gone afterwards. Rejects when openssl is missing. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const root = await inTemporaryFolder(async (folder) => {
    await openssl(folder, ['req', '-x509', ...newKey('ca'), '-subj', '/CN=Millrace test authority', '-out', 'ca.pem'])
    return readPair(folder, 'ca')
  })
  return { certificate: root.certificate, issue: (name) => issue(root, name) }
}

function issue(root: Certificate, name: string): Promise<Certificate> {
  return inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, 'ca.pem'), root.certificate)
    await writeFile(join(folder, 'ca.key'), root.key)
    await writeFile(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost')
    await openssl(folder, ['req', ...newKey('own'), '-subj', `/CN=${name}`, '-out', 'own.csr'])
    const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names']
    await openssl(folder, ['x509', '-req', '-in', 'own.csr', ...signer, '-out', 'own.pem'])
    return readPair(folder, 'own')
  })
}

/** Elliptic: made in milliseconds, an RSA key takes up to a second. */
const newKey = (file: string) => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-keyout',
  `${file}.key`,
]

async function openssl(folder: string, args: string[]): Promise<void> {
  await promisify(execFile)('openssl', args, { cwd: folder })
}

async function readPair(folder: string, name: string): Promise<Certificate> {
  const read = (file: string) => readFile(join(folder, file), 'utf8')
  return { certificate: await read(`${name}.pem`), key: await read(`${name}.key`) }
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-certificates-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
