// Saved views, conditions in groups, rows in groups.
import { choose } from '../pages/form'
import { ListPage } from '../pages/records'
import { expect, test, unique, type Page } from '../support/story'

const tabs = (page: Page) => page.getByRole('navigation', { name: '视图' })
const act = async (page: Page, item: string) => {
  await page.getByRole('button', { name: '视图操作' }).click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

async function save(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: '另存为视图' })
  await dialog.getByRole('textbox', { name: '视图名称' }).fill(name)
  await dialog.getByRole('button', { name: '保存' }).click()
  await expect(dialog).toBeHidden()
}

test('a view is saved, marked when changed, saved again, copied, reordered and deleted with undo', async ({ as }) => {
  const page = await as('manager')
  const list = new ListPage(page, 'accounts')
  const first = unique('甲视图')
  const second = unique('乙视图')
  await list.open('?sort=-name')
  await tabs(page).getByRole('button', { name: '保存为视图' }).click()
  await save(page, first)
  const tab = tabs(page).getByRole('button', { name: new RegExp(first) })
  await expect(tab).toHaveAttribute('aria-pressed', 'true')
  await expect(page).toHaveURL(/v=\d+/)
  await expect(page).toHaveURL(/sort=-name/)

  await list.column('客户名称').getByRole('button').click()
  await expect(page.getByRole('img', { name: '有未保存的修改' })).toBeVisible()
  await tabs(page).getByRole('button', { name: '还原' }).click()
  await expect(page.getByRole('img', { name: '有未保存的修改' })).toHaveCount(0)
  await expect(list.column('客户名称')).toHaveAttribute('aria-sort', 'descending')

  await list.column('客户名称').getByRole('button').click()
  await tabs(page).getByRole('button', { name: '保存修改' }).click()
  await expect(page.getByRole('img', { name: '有未保存的修改' })).toHaveCount(0)

  await act(page, '另存为视图')
  await save(page, second)
  const order = () => tabs(page).locator('.viewtab').allInnerTexts()
  await expect.poll(async () => (await order()).filter((one) => [first, second].includes(one))).toEqual([first, second])
  await act(page, '前移')
  await expect.poll(async () => (await order()).filter((one) => [first, second].includes(one))).toEqual([second, first])

  await act(page, '设为我的默认视图')
  const again = await as('manager')
  await new ListPage(again, 'accounts').open()
  await expect(tabs(again).getByRole('button', { name: second })).toHaveAttribute('aria-pressed', 'true')

  await act(page, '删除视图')
  await expect(tabs(page).getByRole('button', { name: second })).toHaveCount(0)
  await page.getByRole('button', { name: '撤销' }).click()
  await expect(tabs(page).getByRole('button', { name: second })).toBeVisible()
})

test('a view is shared with everybody by who may, and becomes the default of a role', async ({ as }) => {
  const admin = await as('admin')
  const name = unique('全员视图')
  await new ListPage(admin, 'contacts').open('?sort=-name')
  await tabs(admin).getByRole('button', { name: '保存为视图' }).click()
  await choose(admin, '共享给', '所有人')
  await save(admin, name)
  await act(admin, '设为角色默认视图')
  await choose(admin, '角色', '客户成功经理')
  await admin.keyboard.press('Escape')
  await admin.getByRole('dialog').getByRole('button', { name: '保存' }).click()
  await expect(admin.getByRole('dialog')).toHaveCount(0)

  const csm = await as('csm')
  await csm.goto('/contacts')
  const tab = tabs(csm).getByRole('button', { name })
  await expect(tab).toHaveAttribute('aria-pressed', 'true')
  await csm.getByRole('button', { name: '视图操作' }).click()
  await expect(csm.getByRole('menuitem', { name: '删除视图' })).toHaveCount(0)
  await csm.keyboard.press('Escape')

  const sales = await as('sales')
  await sales.goto('/contacts')
  await expect(tabs(sales).getByRole('button', { name })).toHaveAttribute('aria-pressed', 'false')
})

test('conditions are put together in groups within groups, and the address holds them', async ({ as, api }) => {
  const manager = await api('manager')
  const page = await as('manager')
  const list = new ListPage(page, 'accounts')
  await list.open()
  await page.getByRole('button', { name: '组合条件' }).click()
  const dialog = page.getByRole('dialog', { name: '组合条件' })
  const level = (n: number) => dialog.getByRole('group', { name: `第 ${n} 层条件组` })
  const grade = async (n: number, value: string) => {
    const box = level(n)
    await box.getByRole('button', { name: '添加条件', exact: true }).first().click()
    await page.getByRole('menuitem', { name: '客户等级', exact: true }).click()
    await choose(page, '客户等级 是', value)
    await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: '确定' }).click()
  }
  await level(1).getByRole('button', { name: '添加条件组' }).click()
  await level(2).getByRole('button', { name: '添加条件组' }).click()
  await grade(3, 'A 战略级')
  await level(3).getByText('取反').click()
  await level(2).getByRole('button', { name: '添加条件', exact: true }).last().click()
  await page.getByRole('menuitem', { name: '客户名称', exact: true }).click()
  await dialog.getByRole('textbox').fill('机')
  await dialog.getByRole('button', { name: '确定' }).click()
  await dialog.getByRole('button', { name: '应用筛选' }).click()
  await expect(dialog).toBeHidden()

  const filter = new URL(page.url()).searchParams.get('f') ?? ''
  expect(JSON.parse(filter)).toEqual({ or: [{ not: { grade: { in: ['A'] } } }, { name: { contains: '机' } }] })
  const { total } = await manager.get<{ total: number }>(`/accounts?count=exact&limit=1&filter=${encodeURIComponent(filter)}`)
  await expect(page.locator('.pagehead')).toContainText(`${total} 条`)
  await page.reload()
  await expect(list.chips).toHaveText(['自定义条件'])
  await list.chips.getByText('自定义条件').click()
  await expect(level(2).getByText(/客户等级 是 A 战略级/)).toBeVisible()
})

test('rows in groups: counts and amounts, unfolding, only one group', async ({ as, api }) => {
  const manager = await api('manager')
  const { items } = await manager.get<{ items: { label: string; count: number }[] }>('/opportunities/groups?by=owner_id')
  const top = items[0] ?? { label: '', count: 0 }
  const page = await as('manager')
  await page.goto('/opportunities')
  await page.getByRole('button', { name: '分组', exact: true }).click()
  await page.getByRole('menuitemradio', { name: '销售负责人', exact: true }).or(page.getByRole('menuitemradio', { name: '负责人', exact: true })).first().click()
  await expect(page).toHaveURL(/group=owner_id/)
  const group = page.locator('.group').filter({ hasText: top.label }).first()
  const head = group.locator('button[aria-expanded]')
  await expect(head).toContainText(String(top.count))
  await expect(head).toContainText('¥')
  await head.click()
  await expect(head).toHaveAttribute('aria-expanded', 'true')
  await expect(group.locator('table')).toHaveAttribute('aria-rowcount', String(top.count + 1))
  await head.click()
  await expect(group.locator('table')).toHaveCount(0)
  await group.getByRole('button', { name: /只看这一组/ }).click()
  await expect(page).not.toHaveURL(/group=/)
  await expect(page.locator('.pagehead')).toContainText(`${top.count} 条`)
})

test('tabs, groups and the builder fit a phone', async ({ as }) => {
  const page = await as('sales', { viewport: { width: 390, height: 844 } })
  await page.goto('/opportunities?group=stage_code')
  await expect(page.locator('.group').first()).toBeVisible()
  await page.getByRole('button', { name: '组合条件' }).click()
  await expect(page.getByRole('dialog', { name: '组合条件' })).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
})
