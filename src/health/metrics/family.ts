import type { Histogram } from '../histogram.js'
import type { ConnectorReport } from '../report.js'
import { sumOf, type Counts, type Tally } from '../tally.js'
import { histogramSamples, label, sample, type MetricType } from './open-metrics.js'

/** A connector at the moment of a scrape. */
export interface Scraped {
  readonly tally: Tally
  readonly report: ConnectorReport
  readonly buffered: { events: number; bytes: number }
  /** The labels that all of its samples have, written out. */
  readonly labels: string
}

/** A metric and all of its samples, which stand together in the text. */
export interface Family {
  /** Without `_total`. */
  readonly name: string
  readonly type: MetricType
  readonly help: string
  /** While this is the same value or object, the samples of the connector are the same. */
  seen(connector: Scraped): unknown
  /** Its lines; '' where there is nothing to say. */
  samples(connector: Scraped): string
}

type Described = Pick<Family, 'name' | 'help'>

/** What only ever rises. */
export function counter({ name, help }: Described, read: (tally: Tally) => number): Family {
  return {
    ...{ name, type: 'counter', help },
    seen: ({ tally }) => read(tally),
    samples: ({ tally, labels }) => sample(`${name}_total`, labels, read(tally)),
  }
}

/** A sample for each name, under the label `by`; those of `names` are there with 0 before they are counted. */
export function counterBy(
  { name, help, by }: Described & { by: string },
  read: (tally: Tally) => Counts,
  names: readonly string[] = [],
): Family {
  const line = (labels: string, value: string, counted: number) =>
    sample(`${name}_total`, `${labels},${label(by, value)}`, counted)
  return {
    ...{ name, type: 'counter', help },
    // Each count only rises: every change changes their sum.
    seen: ({ tally }) => sumOf(read(tally)),
    samples: ({ tally, labels }) => {
      const counts = read(tally)
      const uncounted = names.filter((value) => !counts.has(value)).map((value) => line(labels, value, 0))
      return [...uncounted, ...[...counts].map(([value, counted]) => line(labels, value, counted))].join('')
    },
  }
}

/** No sample while `read` says null: not known, or nothing to say. */
export function gauge({ name, help }: Described, read: (connector: Scraped) => number | null): Family {
  return {
    ...{ name, type: 'gauge', help, seen: read },
    samples: (connector) => {
      const value = read(connector)
      return value === null ? '' : sample(name, connector.labels, value)
    },
  }
}

/** A gauge in seconds of what the report has in milliseconds. */
export function seconds(described: Described, readMs: (report: ConnectorReport) => number | null): Family {
  return gauge(described, ({ report }) => {
    const ms = readMs(report)
    return ms === null ? null : ms / 1_000
  })
}

/** Only of connectors for which `hasIt` is true. */
export function histogram(
  { name, help }: Described,
  read: (tally: Tally) => Histogram,
  hasIt: (report: ConnectorReport) => boolean = () => true,
): Family {
  return {
    ...{ name, type: 'histogram', help },
    seen: ({ tally }) => read(tally).count,
    samples: ({ tally, report, labels }) => (hasIt(report) ? histogramSamples(name, labels, read(tally)) : ''),
  }
}
