import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { MillraceError } from '../../../src/runtime/errors.js'
import { LOOKS } from '../../../src/health/page/states.js'
import { barriers, describeInBrowser, focused } from '../../support/browser.js'
import { eventually } from '../../support/eventually.js'
import { serveHealth } from '../../support/status-page-server.js'

const isReady = async (page: Page) => {
  await page.waitForSelector('#live.live')
  await eventually(async () => (await page.locator('.plot canvas').count()) === 4)
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const outcome = (page: Page, kind: 'done' | 'failed') => page.locator(`#outcome.${kind}`)

describeInBrowser('the page of a connector in a browser', (visit) => {
  // In the order of the simulated connectors.
  const states = [
    'running',
    'retrying',
    'credentials-failing',
    'dropping',
    'blocked',
    'paused',
    'starting',
    'stopped',
  ] as const
  const cases = states.flatMap((state) => [[state, 'light'] as const, [state, 'dark'] as const])

  it.each(cases)('shows one that is %s, %s: nothing goes wrong, nobody is kept out', async (state, colorScheme) => {
    const { url } = await serveHealth(states.length)
    const { page, faults } = await visit(`${url}/c/connector-${states.indexOf(state)}`, { colorScheme })
    await isReady(page)
    expect((await page.locator('#state h2').innerText()).trim()).toBe(LOOKS[state].word)
    for (const summary of await page.locator('summary').all()) await summary.click()
    expect(await barriers(page)).toEqual([])
    expect(faults).toEqual([])
  })

  it('pauses when it is confirmed, says so, and offers to resume', async () => {
    const { url, health } = await serveHealth(1)
    const { page, faults } = await visit(`${url}/c/connector-0`)
    await isReady(page)
    await press(page, 'Pause')
    const dialog = page.getByRole('dialog', { name: 'Pause connector-0?' })
    expect(await dialog.innerText()).toContain('then nothing is read, written, probed or dropped')
    await dialog.getByRole('button', { name: 'Pause' }).click()
    await outcome(page, 'done').waitFor()
    expect(await outcome(page, 'done').innerText()).toContain('connector-0: pause')
    expect(health.asked).toEqual([['pause', 'connector-0', 'page']])
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    expect(await page.locator('#operations').getByRole('button').allInnerTexts()).toEqual(['Resume'])
    expect(await page.locator('#state h2').innerText()).toContain('Paused')
    expect(await outcome(page, 'done').isVisible()).toBe(true)
    expect(faults).toEqual([])
  })

  it('does nothing when it is cancelled, by button or key', async () => {
    const { url, health } = await serveHealth(1)
    const { page } = await visit(`${url}/c/connector-0`)
    await isReady(page)
    for (const cancel of [() => press(page, 'Cancel'), () => page.keyboard.press('Escape')]) {
      await press(page, 'Flush')
      await page.getByRole('dialog').waitFor()
      await cancel()
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
    }
    expect(await focused(page)).toBe('Flush')
    await press(page, 'Probe now')
    await page.getByRole('dialog').getByRole('button', { name: 'Probe now' }).click()
    await outcome(page, 'done').waitFor()
    expect(health.asked).toEqual([['probe', 'connector-0', 'page']])
  })

  it('says what went wrong, and what to do when nobody answers', async () => {
    const { url, health, stop } = await serveHealth(1)
    health.flush = () => Promise.reject(new MillraceError('KAFKA_WRITE', 'Kafka does not take it: no broker answers'))
    const { page } = await visit(`${url}/c/connector-0`)
    await isReady(page)
    const flush = async () => {
      await press(page, 'Flush')
      await page.getByRole('dialog').getByRole('button', { name: 'Flush' }).click()
    }
    await flush()
    await outcome(page, 'failed').waitFor()
    expect(await outcome(page, 'failed').innerText()).toMatch(/Flush failed: Kafka does not take it.*\(HTTP 503\)/)
    await stop()
    await flush()
    await outcome(page, 'failed').getByText('Millrace did not answer').waitFor()
  })

  it('is live, and leaves alone what a person has opened', async () => {
    const { url, health } = await serveHealth(3)
    const { page, faults } = await visit(`${url}/c/connector-2`)
    await isReady(page)
    await page.getByText('The last hour in numbers').click()
    await page.getByLabel('Last day').check()
    health.set('connector-2', { lagEvents: 123_456, state: 'running', needsAttention: false, failing: null })
    await page.locator('#figures').getByText('123,456').waitFor()
    expect(await page.locator('.countdown').count()).toBe(0)
    expect(await page.locator('details[open] table').isVisible()).toBe(true)
    expect(await page.getByLabel('Last day').isChecked()).toBe(true)
    expect(await page.locator('.plot canvas').count()).toBe(4)
    expect(faults).toEqual([])
  })

  it('has charts before there is anything to draw, without numbers that are none', async () => {
    const { url, health } = await serveHealth(1)
    health.history = () => ({ fineMs: 15_000, fine: [], coarseMs: 300_000, coarse: [] })
    const { page, faults } = await visit(`${url}/c/connector-0`)
    await isReady(page)
    expect(await page.locator('.charts').innerText()).not.toContain('NaN')
    expect(faults).toEqual([])
  })

  it('is complete without scripts', async () => {
    const { url } = await serveHealth(4)
    const { page, faults } = await visit(`${url}/c/connector-3`, { javaScriptEnabled: false })
    expect(await page.getByRole('button').count()).toBe(0)
    expect(await page.locator('#state').innerText()).toContain('millrace pause connector-3')
    await page.getByText('The last day in numbers').click()
    expect(await page.locator('details[open] tbody tr').count()).toBe(24)
    expect(await page.locator('.plot:visible').count()).toBe(0)
    expect(faults).toEqual([])
  })

  it('that there is not is told on a page', async () => {
    const { url } = await serveHealth(1)
    const { page } = await visit(`${url}/c/nobody`)
    expect(await page.getByRole('heading').innerText()).toBe('There is no connector nobody')
    await page.getByRole('link', { name: 'All connectors' }).click()
    await page.waitForSelector('#table')
  })
})
