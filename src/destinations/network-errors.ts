import type { FailureClass } from './destination.js'
import { byName, type ErrorGroup } from './error-table.js'

const NODE_PAGE = 'Node.js "Errors", common system errors; "DNS", error codes'
const TLS_PAGE = 'OpenSSL "X509_STORE_CTX_get_error", as Node.js "TLS" names them'

/** What the network does on the way, by `error.code`. */
export const NETWORK_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'transient',
    source: NODE_PAGE,
    advice: 'Check name, port and network of the endpoint if it persists.',
    names: [
      'ECONNREFUSED',
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'ETIMEDOUT',
      'ESOCKETTIMEDOUT',
      'EHOSTDOWN',
      'EHOSTUNREACH',
      'ENETDOWN',
      'ENETUNREACH',
      'EADDRNOTAVAIL',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EAI_FAIL',
      'ENODATA',
      'ESERVFAIL',
      'ETIMEOUT',
    ],
  },
  {
    class: 'transient',
    source: NODE_PAGE,
    advice: 'Raise the limit of open files.',
    names: ['EMFILE', 'ENFILE'],
  },
  {
    class: 'configuration',
    source: TLS_PAGE,
    advice: "Mend the endpoint's certificate, or make its authority known to Node.js (NODE_EXTRA_CA_CERTS).",
    names: [
      'CERT_HAS_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_CHAIN_TOO_LONG',
      'CERT_REJECTED',
      'CERT_REVOKED',
      'CERT_SIGNATURE_FAILURE',
      'CERT_UNTRUSTED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'ERR_TLS_CERT_ALTNAME_FORMAT',
      'HOSTNAME_MISMATCH',
      'INVALID_CA',
      'INVALID_PURPOSE',
      'PATH_LENGTH_EXCEEDED',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_VERIFY_LEAF_CERTIFICATE',
    ],
  },
]

export const NETWORK_BY_NAME = byName(NETWORK_ERRORS)

/** What to do about an error of the network, by Node's code for it. */
export function adviceFor(code: string): string {
  return NETWORK_BY_NAME.get(code)?.advice ?? 'Check name, port and network of the endpoint.'
}

/** What kind of failure an error of the network is, by Node's code for it; an unknown one passes by itself. */
export function networkClassOf(code: string): FailureClass {
  return NETWORK_BY_NAME.get(code)?.class ?? 'transient'
}
