/** Why a request is refused, with the HTTP status that says so (RFC 9110). */
const STATUSES = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  CROSS_SITE: 403,
  HEADER_MISSING: 403,
  NOT_FOUND: 404,
  UNKNOWN_CONNECTOR: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  NOT_JSON: 415,
  HOST_REFUSED: 421,
} as const

export type RefusalCode = keyof typeof STATUSES

/** A request that is not served. Thrown by whoever notices; the message is for the client: what is wrong, what to do. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message)
  }

  get status() {
    return STATUSES[this.code]
  }
}
