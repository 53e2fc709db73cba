// What cannot be loaded says so where it would stand, and trying again brings it.
import { expect, test, type Locator, type Page } from '../support/story'
import { begin } from '../support/prepare'

/** Answers to this path are lost on the way until the returned function is called. */
async function lose(page: Page, path: RegExp): Promise<() => Promise<void>> {
  await page.route(path, (route) => route.abort())
  return () => page.unroute(path)
}

/** The failure with its way out is in the box; taking it shows what was asked for. */
async function tryAgain(box: Locator, found: () => Promise<void>, mend: () => Promise<void>): Promise<void> {
  const again = box.getByRole('button', { name: '重试' })
  await expect(again).toBeVisible({ timeout: 15_000 })
  await mend()
  // News from the server may have asked again already.
  await again.click({ timeout: 2_000 }).catch(() => {})
  await found()
  await expect(box.getByRole('button', { name: '重试' })).toHaveCount(0)
}

test('a review that cannot be loaded is told, and comes by trying again', async ({ as, api, faults }) => {
  const sales = await api('sales')
  const { opportunity } = await begin(sales, '1.5')
  const node = await sales.node(opportunity, '1.5')
  await sales.post(`/nodes/${node.id}/outputs`, { key: 'charter', body: '立项书' }, 200)
  const page = await as('manager')
  const mend = await lose(page, /\/api\/v1\/reviews\/\d+\/box/)
  await page.goto(`/opportunities/${opportunity}?node=1.5&output=manager_approval`)
  const box = page.locator('.review')
  await tryAgain(box, () => expect(box).toContainText('第 1 轮'), mend)
  faults.length = 0
})

test('the people, figures and comments of a page that cannot be loaded are told each in its place',
  async ({ as, api, faults }) => {
    const { account, opportunity } = await begin(await api('sales'))
    const page = await as('sales')
    let mend = await lose(page, /\/api\/v1\/contacts\?/)
    await page.goto(`/opportunities/${opportunity}`)
    const people = page.locator('.side-card').filter({ hasText: '联系人' })
    await tryAgain(people, () => expect(people).toContainText('林工'), mend)

    mend = await lose(page, /\/overview$/)
    await page.goto(`/accounts/${account}`)
    const head = page.locator('main')
    await tryAgain(head, () => expect(page.locator('.overview')).toContainText('1 个'), mend)

    mend = await lose(page, /\/api\/v1\/comments\?/)
    await page.goto(`/accounts/${account}`)
    await tryAgain(page.locator('.comments'), async () => {}, mend)
    faults.length = 0
  })

test('notices that cannot be loaded do not pass for none', async ({ as, faults }) => {
  const page = await as('sales')
  const mend = await lose(page, /\/api\/v1\/notifications$/)
  await page.goto('/accounts')
  await page.getByRole('button', { name: /^通知/ }).click()
  await expect(page.getByText('没有新通知')).toHaveCount(0)
  await expect(page.getByRole('button', { name: '重试' })).toBeVisible({ timeout: 15_000 })
  await mend()
  await page.keyboard.press('Escape')
  faults.length = 0
})
