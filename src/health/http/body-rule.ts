import { bodyLimit } from 'hono/body-limit'
import { Refusal } from './refusal.js'

/** Many times the largest body that anything here takes: a connector's configuration, to be validated. */
const MAX_BODY_BYTES = 64 * 1024

/** Nobody fills the memory with a body. */
export const bodyRule = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new Refusal('BODY_TOO_LARGE', `the body is larger than ${MAX_BODY_BYTES} bytes, which nothing here needs`)
  },
})
