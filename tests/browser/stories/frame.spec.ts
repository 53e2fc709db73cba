// The frame: search and commands, shortcuts, languages, appearance, and the phone.
import { said } from '../pages/form'
import { Frame } from '../pages/frame'
import { ListPage } from '../pages/records'
import { expect, names, test, unique } from '../support/story'
import { begin, makeAccount } from '../support/prepare'

test('the search finds a record by initials and opens it by keyboard; commands run from the same box',
  async ({ as, api }) => {
    const account = await makeAccount(await api('sales'), { name: unique('曜石传动') })
    const page = await as('sales')
    const frame = new Frame(page)
    await page.goto('/')
    await expect(frame.rail).toBeVisible()
    const box = await frame.search('yscd')
    await expect(box.getByRole('option').filter({ hasText: String(account['name']) })).toHaveCount(1)
    const number = String(account['number'])
    await box.getByRole('combobox').fill(number)
    await expect(box.getByRole('option').first()).toContainText(number)
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(new RegExp(`/accounts/${account.id}$`))

    const again = await frame.search('新建线索')
    await expect(again.getByRole('option').first()).toContainText('新建线索')
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/leads\/new$/)
    await frame.search('')
    await expect(page.getByRole('group', { name: '最近打开' }).getByRole('option').first())
      .toContainText(String(account['name']))
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  })

test('the search shows nobody what they may not see', async ({ as, api }) => {
  const account = await makeAccount(await api('sales'))
  const page = await as('otherSales')
  await page.goto('/')
  const box = await new Frame(page).search(String(account['name']))
  await expect(box.getByText(`没有找到“${String(account['name'])}”`)).toBeVisible()
})

test('in English no button, heading, column or place is left in Chinese', async ({ as, api }) => {
  const { opportunity, account } = await begin(await api('sales'))
  const page = await as('executive')
  const frame = new Frame(page)
  await page.goto('/')
  await frame.menu('语言', 'English')
  await expect(page.locator('html')).toHaveAttribute('lang', 'en-US')
  try {
    for (const path of ['/', '/opportunities/board', '/opportunities', '/accounts', '/contacts', '/leads',
      `/accounts/${account}`, `/opportunities/${opportunity}`, '/me', '/trash']) {
      await page.goto(path)
      await page.waitForLoadState('networkidle')
      const words = await page.locator(
        'nav a, button:not(.me-btn), h1, h2, th, label, legend, dt, .tag, [role=tab]').evaluateAll((all) =>
        all.filter((el) => el instanceof HTMLElement && el.offsetParent !== null
          && !el.closest('.dt td, .crumbs, .history, .timeline, .bcard, .work, .day-row'))
          .map((el) => (el as HTMLElement).innerText.trim()))
      // Names of people, of what they made, and of the product and the language stay as they are.
      const given = new RegExp([...Object.values(names), '铁三角', '远东重工', '焊装车间数据看板', '林工',
        '简体中文', '中'].join('|'), 'g')
      const left = words.map((word) => word.replaceAll(given, '')).filter((word) => /[\u4e00-\u9fff]/.test(word))
      expect(left, `Chinese left on ${path}`).toEqual([])
    }
  } finally {
    await page.goto('/')
    await frame.menu('Language', '简体中文')
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  }
})

test('dark is chosen once and stays, without a white flash on the way', async ({ as }) => {
  const page = await as('legal', { colorScheme: 'light' })
  const frame = new Frame(page)
  await page.goto('/')
  const background = () => page.evaluate(() => {
    const [r = 0, g = 0, b = 0] = (getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g) ?? []).map(Number)
    return r + g + b
  })
  expect(await background()).toBeGreaterThan(600)
  await frame.menu('外观', '深色')
  await expect.poll(background).toBeLessThan(150)
  await page.reload({ waitUntil: 'commit' })
  await page.waitForFunction(() => document.body !== null)
  expect(await background()).toBeLessThan(150)
  await frame.menu('外观', '跟随系统')
  await expect.poll(background).toBeGreaterThan(600)
})

test.describe('on a phone', () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

  test('a review is read and decided with the thumb', async ({ as, api }) => {
    const sales = await api('sales')
    const { opportunity, name } = await begin(sales, '1.5')
    const node = await sales.node(opportunity, '1.5')
    await sales.post(`/nodes/${node.id}/outputs`, { key: 'charter', body: '立项书：预算 50 万' }, 200)
    const page = await as('manager', phone)
    await page.goto('/?show=reviews')
    await expect(page.getByRole('navigation', { name: '底部导航' })).toBeVisible()
    await page.locator('li.work').filter({ hasText: name }).getByRole('button', { name: /^评审/ }).tap()
    await expect(page.getByText('立项书：预算 50 万')).toBeVisible()
    const button = page.getByRole('button', { name: '通过', exact: true })
    const box = await button.boundingBox()
    expect(box?.height ?? 0, 'the button is as high as a thumb').toBeGreaterThanOrEqual(40)
    expect((box?.y ?? 0) + (box?.height ?? 0), 'and within reach').toBeLessThanOrEqual(844)
    await button.tap()
    await said(page, '已通过：销售经理批准立项')
  })

  test('a list shows a card for each row, and a tap opens the record', async ({ as, api }) => {
    const account = await makeAccount(await api('sales'))
    const page = await as('sales', phone)
    const list = new ListPage(page, 'accounts')
    await list.open(`?q=${encodeURIComponent(String(account['name']))}`)
    await expect(page.locator('.dt-card')).toHaveCount(1)
    await expect(page.locator('.dt-card')).toContainText('B 重点级')
    await page.locator('.dt-card .rowlink').tap()
    await expect(page.getByRole('dialog').getByText('概况')).toBeVisible()
  })
})
