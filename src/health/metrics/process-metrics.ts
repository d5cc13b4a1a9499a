import { collectDefaultMetrics, Registry, type OpenMetricsContentType } from 'prom-client'

/** How exactly delays of the event loop are known; looking more often costs more than it tells. */
const LOOP_PRECISION_MS = 100

/** CPU, memory, open files, event loop and garbage collection of this process under the names that operators know. */
export function processMetrics(): () => Promise<string> {
  const register = new Registry<OpenMetricsContentType>()
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PRECISION_MS })
  return () => register.metrics()
}
