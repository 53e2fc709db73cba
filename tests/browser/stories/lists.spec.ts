// Lists: the address holds every question, so that a view can be sent to a colleague.
import { choose } from '../pages/form'
import { ListPage } from '../pages/records'
import { expect, test, unique } from '../support/story'

test('filters are chips in the address, editable, removable, and the same for a colleague',
  async ({ as }) => {
    const page = await as('manager')
    const list = new ListPage(page, 'accounts')
    await list.open()
    const all = await list.rows.count()
    await list.addFilter('客户等级')
    await expect(page.getByRole('combobox', { name: '客户等级的条件' })).toHaveValue('是')
    await choose(page, '客户等级 是', 'A 战略级')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: '应用筛选' }).click()
    await expect(list.chips).toHaveText([/客户等级.*A 战略级/])
    await expect(page).toHaveURL(/f=.*grade/)
    await expect.poll(() => list.rows.count()).toBeLessThan(all)
    const titles = await list.titles.allInnerTexts()

    const again = await as('manager')
    await again.goto(page.url())
    const theirs = new ListPage(again, 'accounts')
    await expect(theirs.titles).toHaveText(titles)
    await expect(theirs.chips).toHaveText([/客户等级.*A 战略级/])

    await list.chips.getByRole('button', { name: '去掉筛选：客户等级' }).click()
    await expect(list.chips).toHaveCount(0)
    await expect(page).not.toHaveURL(/grade/)
    await expect.poll(() => list.rows.count()).toBe(all)
  })

test('a click on a column sorts by it, a second one turns it round; the address knows', async ({ as }) => {
  const page = await as('manager')
  const list = new ListPage(page, 'accounts')
  await list.open()
  const head = list.column('客户名称')
  await head.getByRole('button').click()
  await expect(head).toHaveAttribute('aria-sort', 'ascending')
  await expect(page).toHaveURL(/sort=name/)
  const up = await list.titles.first().innerText()
  await head.getByRole('button').click()
  await expect(head).toHaveAttribute('aria-sort', 'descending')
  await expect(page).toHaveURL(/sort=-name/)
  await expect(list.titles.first()).not.toHaveText(up)
})

test('columns are chosen and stay chosen', async ({ as }) => {
  const page = await as('manager')
  const list = new ListPage(page, 'accounts')
  await list.open()
  await expect(list.column('员工人数')).toHaveCount(0)
  await page.getByRole('button', { name: '更多操作' }).click()
  await page.getByRole('menuitem', { name: '列设置' }).click()
  const dialog = page.getByRole('dialog', { name: '列设置' })
  await dialog.getByRole('checkbox', { name: '员工人数' }).check()
  await dialog.getByRole('checkbox', { name: '地区' }).uncheck()
  await dialog.getByRole('button', { name: '关闭', exact: true }).last().click()
  await expect(list.column('员工人数')).toBeVisible()
  await expect(list.column('地区')).toHaveCount(0)
  await page.reload()
  await expect(list.column('员工人数')).toBeVisible()
  await expect(list.column('地区')).toHaveCount(0)
})

test('j and k walk the rows, Enter opens one beside the list, Esc closes it', async ({ as }) => {
  const page = await as('manager')
  const list = new ListPage(page, 'accounts')
  await list.open()
  const [first = '', second = ''] = await list.titles.allInnerTexts()
  await page.keyboard.press('j')
  await expect(list.titles.nth(0)).toBeFocused()
  await page.keyboard.press('j')
  await expect(list.titles.nth(1)).toBeFocused()
  await page.keyboard.press('k')
  await expect(list.titles.nth(0)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: first })).toBeVisible()
  await page.getByRole('dialog').getByRole('button', { name: '下一条' }).click()
  await expect(page.getByRole('dialog', { name: second })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('search finds by two characters, pinyin, initials, and the tail of a telephone number',
  async ({ as, api }) => {
    const sales = await api('sales')
    const tail = String(Date.now()).slice(-6)
    const name = unique('琥珀轴承')
    await sales.post('/accounts', { name, phone: `0571-88${tail}` })
    const page = await as('sales')
    const list = new ListPage(page, 'accounts')
    await list.open()
    for (const words of ['琥珀', 'hupozhoucheng', 'hpzc', tail]) {
      await list.search.fill(words)
      await expect(page).toHaveURL(new RegExp(`q=${encodeURIComponent(words)}`))
      await expect(list.titles.filter({ hasText: name }), words).toHaveCount(1)
    }
    await list.search.fill('hpzz')
    await expect(page.getByText('没有符合条件的客户')).toBeVisible()
  })
