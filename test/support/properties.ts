import fc from 'fast-check'

/** The same inputs in every run, so that a failure is one of the change that is tested. Others: PROPERTY_SEED=1234. */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 2026) })

/** fast-check, for tests of what holds for any input. */
export default fc
