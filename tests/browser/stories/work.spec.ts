// My work: counts that filter, a task finished here with undo, a review decided in the drawer.
import { said, toast } from '../pages/form'
import { expect, test, unique, type Page } from '../support/story'
import { begin } from '../support/prepare'

const row = (page: Page, title: string) => page.locator('li.work').filter({ hasText: title })

test('my work counts what is due, and a count shows only its rows', async ({ as, api }) => {
  const sales = await api('sales')
  const late = unique('补交调研纪要')
  const later = unique('准备年度回访')
  await sales.post('/tasks', { title: late, due_on: '2026-01-05' })
  await sales.post('/tasks', { title: later, due_on: new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10) })
  const page = await as('sales')
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1, name: '我的工作' })).toBeVisible()
  await expect(row(page, late)).toBeVisible()
  await expect(row(page, later)).toBeVisible()
  const overdue = page.getByRole('button', { name: /已超时$/ })
  const counted = Number(await overdue.locator('.count-n').innerText())
  await expect(page.getByRole('region', { name: '已超时' }).locator('li.work')).toHaveCount(counted)
  await overdue.click()
  await expect(overdue).toHaveAttribute('aria-pressed', 'true')
  await expect(page).toHaveURL(/show=overdue/)
  await expect(page.locator('li.work')).toHaveCount(counted)
  await expect(row(page, later)).toHaveCount(0)
})

test('a task is finished on the spot and comes back with undo', async ({ as, api }) => {
  const sales = await api('sales')
  const title = unique('给客户回电话')
  const task = await sales.post('/tasks', { title, due_on: '2026-01-05' })
  const page = await as('sales')
  await page.goto('/')
  await row(page, title).getByRole('button', { name: `完成: ${title}` }).click()
  await said(page, `“${title}”已完成`)
  await expect(row(page, title)).toHaveCount(0)
  expect((await sales.get(`/tasks/${task.id}`))['state']).toBe('done')
  await page.getByRole('button', { name: '撤销' }).click()
  await expect(row(page, title)).toBeVisible()
  expect((await sales.get(`/tasks/${task.id}`))['state']).toBe('open')
})

test('a review waits in the manager\'s list, is returned with words and then approved, in the drawer',
  async ({ as, api }) => {
    const sales = await api('sales')
    const { opportunity, name } = await begin(sales, '1.5')
    const node = await sales.node(opportunity, '1.5')
    await sales.post(`/nodes/${node.id}/outputs`, { key: 'charter', body: '立项书第一版' }, 200)

    const page = await as('manager')
    await page.goto('/?show=reviews')
    await row(page, name).getByRole('button', { name: /^评审/ }).click()
    const drawer = page.getByRole('dialog')
    await expect(drawer.getByText('立项书第一版')).toBeVisible()
    await drawer.getByRole('button', { name: '退回', exact: true }).click()
    await expect(drawer.getByText('退回时请写明要改什么')).toBeVisible()
    await drawer.getByLabel('评审意见').fill('预算依据不足')
    await drawer.getByRole('button', { name: '退回', exact: true }).click()
    await said(page, '已退回：销售经理批准立项')
    await expect(drawer).toHaveCount(0)

    // A new version asks again: the row comes back by the live feed.
    await sales.post(`/nodes/${node.id}/outputs`, { key: 'charter', body: '立项书第二版' }, 200)
    await row(page, name).getByRole('button', { name: /^评审/ }).click()
    await expect(drawer.getByText('立项书第二版')).toBeVisible()
    await expect(drawer.getByText('预算依据不足')).toBeVisible()
    await drawer.getByRole('button', { name: '通过', exact: true }).click()
    await expect(toast(page, '已通过：销售经理批准立项')).toBeVisible()
    const now = await sales.node(opportunity, '1.5')
    expect(now.outputs.find((o) => o.key === 'manager_approval')?.present).toBe(true)
  })

test('a notice marked as read stays read', async ({ as }) => {
  const page = await as('sales')
  await page.goto('/')
  const notice = page.locator('.day-row').filter({ has: page.locator('.day-notice') }).first()
  await expect(notice).toBeVisible()
  const answered = page.waitForResponse((r) => r.url().includes('/notifications/') && r.request().method() === 'POST')
  await notice.getByRole('button').last().click()
  expect((await answered).status()).toBe(204)
})
