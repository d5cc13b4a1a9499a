import { expect, it } from 'vitest'
import { barriers, describeInBrowser } from '../../support/browser.js'
import { serveHealth } from '../../support/status-page-server.js'

describeInBrowser('accessibility', (visit) => {
  it.each(['light', 'dark'] as const)('of the overview, %s: nothing serious', async (colorScheme) => {
    const { url } = await serveHealth(12)
    for (const path of ['/', '/?q=nothing+like+this', '/c/nobody']) {
      const { page, context } = await visit(url + path, { colorScheme })
      expect({ path, found: await barriers(page) }).toEqual({ path, found: [] })
      await context.close()
    }
  })

  it.each(['light', 'dark'] as const)('of a dialog, and of a page that is not live, %s', async (colorScheme) => {
    const { url, stop } = await serveHealth(1)
    const { page } = await visit(`${url}/c/connector-0`, { colorScheme })
    await page.waitForSelector('#live.live')
    await page.getByRole('button', { name: 'Pause' }).click()
    expect(await barriers(page)).toEqual([])
    await stop()
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
    await page.waitForSelector('#outcome.failed')
    await page.waitForSelector('#live.lost')
    expect(await barriers(page)).toEqual([])
  })

  it('of a narrow screen', async () => {
    const { url } = await serveHealth(12)
    for (const path of ['/', '/c/connector-2']) {
      const { page } = await visit(url + path, { viewport: { width: 390, height: 844 } })
      await page.waitForSelector('#live.live')
      expect({ path, found: await barriers(page) }).toEqual({ path, found: [] })
    }
  })
})
