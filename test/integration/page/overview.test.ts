import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeInBrowser, focused } from '../../support/browser.js'
import { eventually } from '../../support/eventually.js'
import { serveHealth } from '../../support/status-page-server.js'

const HOUR_MS = 3_600_000
const PHONE = { viewport: { width: 390, height: 844 } }

const isLive = (page: Page) => page.waitForSelector('#live.live')
const row = (page: Page, name: string) => page.locator(`[id="row-${name}"]`)
const shownRows = (page: Page) => page.locator('.connectors tbody tr:visible')
const isWiderThanScreen = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')

const namesShown = (page: Page) => shownRows(page).locator('th a').allTextContents()
/** Resolves when these are the connectors that it shows, in this order. */
const shows = (page: Page, ...names: string[]) =>
  eventually(async () => expect(await namesShown(page)).toEqual(names) ?? true)
/** Resolves when the page has looked twice whether it is live, as it does every second, and was not. */
async function staysLost(page: Page): Promise<void> {
  const live = `document.getElementById('live')`
  const record = `new MutationObserver(() => looks.push(${live}.className))`
  await page.evaluate(`looks = []; ${record}.observe(${live}, { attributeFilter: ['class'] })`)
  await eventually(async () => (await page.evaluate<number>('looks.length')) >= 2)
  expect(new Set(await page.evaluate<string[]>('looks'))).toEqual(new Set(['lost']))
}

/** The query of its address, as the page itself has it now. */
const searchOf = (page: Page) => page.evaluate<string>('location.search')

describeInBrowser('the overview in a browser', (visit) => {
  it('has 500 connectors at hand, and nothing goes wrong', async () => {
    const { url } = await serveHealth(500, 20)
    const { page, faults } = await visit(url)
    await isLive(page)
    expect(await shownRows(page).count()).toBe(500)
    expect(await page.locator('.card h3 a').allTextContents()).toEqual(['connector-3', 'connector-2', 'connector-4'])
    expect(await page.title()).toBe('(3) Millrace')
    expect(faults).toEqual([])
  })

  it('takes up what changes without a reload, keeps the focus, and tells a screen reader who needs somebody', async () => {
    const { url, health } = await serveHealth(500, 20)
    const { page, faults } = await visit(url)
    await isLive(page)
    await row(page, 'connector-20').locator('a').focus()
    await page.evaluate(`document.body.setAttribute('data-same-page', '')`)
    const problem = { code: 'NoSuchBucket', message: 'the bucket is gone', whatToDo: 'Make it again.' }
    health.set('connector-20', { state: 'blocked', needsAttention: true, problem, lagEvents: 4_711 })
    await page.getByText('the bucket is gone').waitFor()
    expect(await row(page, 'connector-20').innerText()).toContain('4,711')
    expect(await page.title()).toBe('(4) Millrace')
    expect(await page.locator('#announcer').textContent()).toBe('connector-20 needs attention.')
    expect(await focused(page)).toBe('connector-20')
    expect(await page.locator('body[data-same-page]').count()).toBe(1)
    health.set('connector-20', { state: 'running', needsAttention: false, problem: null })
    await eventually(async () => (await page.title()) === '(3) Millrace')
    expect(await page.locator('#announcer').textContent()).toBe('connector-20 is well again.')
    expect(faults).toEqual([])
  })

  it('counts down by itself', async () => {
    const { url, health } = await serveHealth(3)
    const nowMs = Date.now()
    const failing = { kept: null, eventsAtStake: 7, bytesAtStake: null }
    health.set('connector-2', {
      failing: { sinceMs: nowMs - 47.5 * HOUR_MS, dropAtMs: nowMs + HOUR_MS / 2, ...failing },
    })
    const { page } = await visit(url)
    await isLive(page)
    const left = page.locator('.countdown time[data-words="left"]')
    const before = await left.textContent()
    expect(before).toMatch(/^2\d min \d+ s$/)
    await eventually(async () => (await left.textContent()) !== before)
    expect(await left.textContent()).toMatch(/^2\d min \d+ s$/)
  })

  it('says since when it is not live, and is up to date when it is again', async () => {
    const { url, health, stop, start } = await serveHealth(12)
    const { page } = await visit(url)
    await isLive(page)
    await stop()
    await page.waitForSelector('#live.lost')
    await staysLost(page)
    expect(await page.locator('#live').textContent()).toMatch(/^Not live since \d\d:\d\d:\d\d UTC/)
    health.set('connector-8', { lagEvents: 8_888, needsAttention: true })
    await start()
    await row(page, 'connector-8').getByText('8,888').waitFor()
    await isLive(page)
    expect(await page.locator('#announcer').textContent()).toBe('connector-8 needs attention.')
  })

  it('is loaded anew when the service comes back with another configuration', async () => {
    const before = await serveHealth(2)
    const { page } = await visit(before.url)
    await isLive(page)
    await before.stop()
    const { health: after } = await serveHealth(1)
    // The same address: what answers there now runs other connectors, fewer of them.
    Object.assign(before.health, { connectors: () => after.connectors() })
    await before.start()
    await eventually(async () => (await shownRows(page).count()) === 1)
    expect(await row(page, 'connector-1').count()).toBe(0)
  })

  it('is searched, filtered and sorted with the keyboard alone', async () => {
    const { url } = await serveHealth(30)
    const { page, faults } = await visit(url)
    await isLive(page)
    await page.keyboard.press('/')
    await page.keyboard.type('customer-1')
    await eventually(async () => (await shownRows(page).count()) === 11)
    await page.getByText('11 of 30 shown').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('r')
    await shows(page, 'connector-1', 'connector-19')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Connector')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await shows(page, 'connector-19', 'connector-1')
    expect(await page.locator('th[aria-sort="descending"]').getAttribute('data-key')).toBe('name')
    expect(await searchOf(page)).toBe('?q=customer-1&show=retrying&sort=name&order=desc')
    const here = await namesShown(page)
    await page.reload()
    expect(await namesShown(page)).toEqual(here)
    expect(faults).toEqual([])
  })

  it('sorts by every column as the server does', async () => {
    const { url } = await serveHealth(30)
    const { page } = await visit(url)
    await isLive(page)
    for (const link of await page.locator('thead a').all()) {
      for (const times of [1, 2]) {
        await link.click()
        const search = await searchOf(page)
        const html = await (await fetch(`${url}/${search}`)).text()
        const served = [...html.matchAll(/id="row-([^"]+)"/g)].map(([, name]) => name)
        expect({ search, times, names: await namesShown(page) }).toEqual({ search, times, names: served })
      }
    }
  })

  it('goes without scripts', async () => {
    const { url } = await serveHealth(30)
    const { page, faults } = await visit(url, { javaScriptEnabled: false })
    expect(await shownRows(page).count()).toBe(30)
    await page.locator('input[name=q]').fill('customer-1')
    await page.locator('select[name=show]').selectOption('retrying')
    await page.getByRole('button', { name: 'Show' }).click()
    await shows(page, 'connector-1', 'connector-19')
    const sorted = (order: string) => page.waitForSelector(`th[data-key=name][aria-sort=${order}]`)
    await page.locator('thead th[data-key=name] a').click()
    await sorted('ascending')
    await page.locator('thead th[data-key=name] a').click()
    await sorted('descending')
    await shows(page, 'connector-19', 'connector-1')
    expect(await page.locator('#live').innerText()).toContain('reload for newer')
    expect(faults).toEqual([])
  })

  it('fits a narrow screen, with keys of objects that have nowhere to break', async () => {
    const { url, health } = await serveHealth(30)
    const message = `${'currents/dataexport_cluster/event_type=users.messages/'.replaceAll('/', '_').repeat(4)} is refused`
    const atMs = Date.now()
    health.timeline = () => [{ atMs, kind: 'state', what: 'blocked', message, instance: 'host-a/1' }]
    health.errors = () => [{ code: 'Any', message, whatToDo: 'wait', firstAtMs: atMs, lastAtMs: atMs, count: 1 }]
    const { page, faults } = await visit(url, PHONE)
    await isLive(page)
    expect(await isWiderThanScreen(page)).toBe(false)
    await page.locator('.card a').first().click()
    await page.waitForSelector('.plot canvas')
    expect(await isWiderThanScreen(page)).toBe(false)
    expect(faults).toEqual([])
  })
})
