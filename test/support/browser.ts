import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'

const CHROMIUM = '/usr/bin/chromium'
/** As long as `eventually` waits, and for the same reason. */
const PATIENCE_MS = 90_000

/** A page in a real browser, and everything that went wrong in it. */
interface Visit {
  page: Page
  context: BrowserContext
  /** Errors of scripts, on the console (violations of the content security policy too), and requests to other hosts. */
  faults: string[]
}

/** Opens pages of one server. They are closed when the test has finished: each that is left open goes on asking its server. */
export type Visitor = (url: string, options?: BrowserContextOptions) => Promise<Visit>

/**
 * `describe` for tests in Debian's Chromium, one for all tests of the file. Without it they are skipped; with CI=true the
 * file fails.
 */
export function describeInBrowser(name: string, body: (visit: Visitor) => void): void {
  const isThere = existsSync(CHROMIUM)
  if (!isThere && process.env.CI === 'true') throw new Error(`no ${CHROMIUM}: apt-get install chromium`)
  describe.skipIf(!isThere)(isThere ? name : `${name} (no ${CHROMIUM})`, () => {
    let browser: Browser
    beforeAll(async () => {
      const args = ['--no-sandbox', '--disable-dev-shm-usage']
      browser = await chromium.launch({ executablePath: CHROMIUM, args, timeout: PATIENCE_MS })
    })
    afterAll(() => browser?.close())
    body((url, options) => visit(browser, url, options))
  })
}

/** What axe-core finds that keeps people out, with where: everything serious or critical. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run({ resultTypes: ['violations'] })`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`))
}

/** What the focus is on, by its text. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate<string>('document.activeElement.textContent.trim()')

async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const faults = faultsOf(page, new URL(url).host)
  await page.goto(url)
  return { page, context, faults }
}

function faultsOf(page: Page, host: string): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).host !== host) faults.push(`request to ${request.url()}`)
  })
  return faults
}
