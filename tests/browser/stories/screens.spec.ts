// Every screen: by axe in light, dark and at phone width, where nothing may scroll sideways.
import { Frame } from '../pages/frame'
import { expectAccessible } from '../support/axe'
import { expect, test, type Page } from '../support/story'
import { begin, makeAccount } from '../support/prepare'

/** Until nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await expect(page.locator('.skeleton')).toHaveCount(0)
}

async function looked(page: Page, what: string): Promise<void> {
  for (const [scheme, width] of [['light', 1440], ['dark', 1440], ['dark', 390], ['light', 390]] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
    await settled(page)
    await expectAccessible(page, `${what}, ${scheme}, ${width} px`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(wide, `${what} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0)
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.setViewportSize({ width: 1440, height: 900 })
}

const lists = {
  'my work': '/',
  'the board': '/opportunities/board',
  'the calendar of due dates': '/opportunities/board?view=calendar',
  'the table of opportunities': '/opportunities',
  'the accounts': '/accounts',
  'the contacts': '/contacts',
  'the leads': '/leads',
  'the tasks': '/tasks',
  'the form of a lead': '/leads/new',
  'the form of an opportunity': '/opportunities/new',
  'the own settings': '/me',
  'the recycle bin': '/trash',
  'an address nobody answers to': '/nowhere/at/all',
}
test('lists, forms and start page are accessible in light, dark and on a phone', async ({ as }) => {
  test.setTimeout(240_000)
  const page = await as('sales')
  for (const [what, path] of Object.entries(lists)) {
    await test.step(what, async () => {
      await page.goto(path)
      await looked(page, what)
    })
  }
})

test('an opportunity is accessible on every tab, in light, dark and on a phone', async ({ as, api }) => {
  test.setTimeout(240_000)
  const sales = await api('sales')
  const { opportunity } = await begin(sales, '1.5')
  const node = await sales.node(opportunity, '1.5')
  await sales.post(`/nodes/${node.id}/outputs`, { key: 'charter', body: '# 立项书\n\n- 预算\n- 周期' }, 200)
  await sales.post('/comments', { entity: 'opportunity', entity_id: opportunity, body: '看看' })
  const page = await as('manager')
  for (const query of ['', '?node=1.4', '?output=manager_approval', '?tab=overview', '?tab=timeline', '?tab=files']) {
    await page.goto(`/opportunities/${opportunity}${query}`)
    await looked(page, `the opportunity${query}`)
  }
  await page.goto(`/opportunities/${opportunity}?node=1.5`)
  await page.getByRole('button', { name: /^完成节点：/ }).click()
  await expect(page.locator('section.node .missing')).toBeVisible()
  await looked(page, 'a refused node')
})

test('an account is accessible on every tab and beside its list', async ({ as, api }) => {
  test.setTimeout(240_000)
  const sales = await api('sales')
  const { account } = await begin(sales)
  const page = await as('sales')
  for (const tab of ['', 'team', 'contacts', 'opportunities', 'timeline', 'files', 'history']) {
    await page.goto(`/accounts/${account}${tab ? `?tab=${tab}` : ''}`)
    await looked(page, `the account, ${tab || 'overview'}`)
  }
  await page.goto(`/accounts?id=${account}`)
  await looked(page, 'an account beside the list')
})

test('dialogs, menus and the search are accessible', async ({ as, api }) => {
  test.setTimeout(240_000)
  const sales = await api('sales')
  const account = await makeAccount(sales)
  const lead = await sales.post('/leads', { company_name: String(account['name']), contact_name: '白工' })
  const page = await as('sales')
  await page.goto(`/leads/${lead.id}`)
  await page.getByRole('button', { name: '转为客户和商机' }).click()
  await looked(page, 'the conversion of a lead')
  await page.goto(`/accounts/${account.id}`)
  await page.getByRole('button', { name: '更多操作' }).click()
  await expectAccessible(page, 'a menu')
  await page.getByRole('menuitem', { name: '编辑' }).click()
  await looked(page, 'editing in a dialog')
  await page.goto('/accounts')
  await settled(page)
  const box = await new Frame(page).search('云岭')
  await expect(box.getByRole('option').first()).toBeVisible()
  await looked(page, 'the search')
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: '快捷键' })).toBeVisible()
  await looked(page, 'the shortcuts')
})

test('administration is accessible in light, dark and on a phone', async ({ as, api }) => {
  test.setTimeout(240_000)
  const page = await as('admin')
  const legal = await (await api('admin')).idOf('legal')
  for (const path of ['/users', '/users/new', `/users/${legal}`, '/teams', '/roles', '/settings', '/import', '/me']) {
    await page.goto(path)
    await looked(page, path)
  }
})
