// The board: figures that open their rows, dragging that runs the gate, the same by keyboard.
import { BoardPage } from '../pages/board'
import { said } from '../pages/form'
import { expect, test } from '../support/story'
import { begin } from '../support/prepare'

test('a card dragged to the next stage is refused, goes back, and lists beside it what is missing',
  async ({ as, api }) => {
    const { name, opportunity } = await begin(await api('sales'), '1.4')
    const page = await as('sales')
    const board = new BoardPage(page)
    await board.open(name)
    await board.drag(name, '2')
    const list = page.getByRole('dialog', { name })
    await expect(list.getByRole('link')).toHaveText([
      'BANT+S 判定表', '判定结论', '立项书', '销售经理批准立项'])
    await expect(board.card(name, '1')).toBeVisible()
    await expect(board.card(name, '2')).toHaveCount(0)
    await list.getByRole('link', { name: '判定结论' }).click()
    await expect(page).toHaveURL(new RegExp(`/opportunities/${opportunity}\\?node=1.4&output=verdict`))
    await expect(page.locator('li.output.open .output-name')).toHaveText('判定结论')
  })

test('the menu of a card moves it by keyboard, when the gate lets it', async ({ as, api }) => {
  const sales = await api('sales')
  const { name, opportunity } = await begin(sales, '1.5')
  const { id } = await sales.node(opportunity, '1.5')
  await sales.post(`/nodes/${id}/outputs`, { key: 'charter', body: '立项书' }, 200)
  const manager = await api('manager')
  const review = (await manager.node(opportunity, '1.5')).outputs.find((o) => o.key === 'manager_approval')
  await manager.post(`/approvals/${review?.approval_id}/decide`, { decision: 'approve' }, 200)

  const page = await as('manager')
  const board = new BoardPage(page)
  await board.open(name)
  await board.card(name, '1').getByRole('button', { name: `更多操作：${name}` }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: '移动到：2 需求诊断' })).toBeFocused()
  await page.keyboard.press('Enter')
  await said(page, `“${name}”已推进到需求诊断`)
  await expect(board.card(name, '2')).toBeVisible()
  await expect(board.card(name, '1')).toHaveCount(0)
})

test('a card cannot be dragged over a stage', async ({ as, api }) => {
  const { name } = await begin(await api('sales'))
  const page = await as('sales')
  const board = new BoardPage(page)
  await board.open(name)
  await board.drag(name, '3')
  await expect(board.card(name, '1')).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('a column counts its cards and opens its rows in the table', async ({ as, api }) => {
  const { name } = await begin(await api('sales'))
  const page = await as('sales')
  const board = new BoardPage(page)
  await board.open(name)
  const count = board.column('1').locator('.bcol-count')
  await expect(count).toHaveText('1')
  await expect(board.column('1').locator('.bcol-sums')).toContainText('¥50 万')
  await count.click()
  await expect(page.locator('.dt tbody .rowlink')).toHaveText([name])
})

test('an opportunity is closed as lost with a reason from its card', async ({ as, api }) => {
  const sales = await api('sales')
  const { name, opportunity } = await begin(sales)
  const page = await as('sales')
  const board = new BoardPage(page)
  await board.open(name)
  await board.card(name).getByRole('button', { name: `更多操作：${name}` }).click()
  await page.getByRole('button', { name: '丢单或作废…' }).click()
  const dialog = page.getByRole('dialog', { name: `关闭商机：${name}` })
  await expect(dialog.getByRole('button', { name: '确认丢单' })).toBeDisabled()
  await dialog.getByRole('button', { name: '价格偏高' }).click()
  await dialog.getByRole('button', { name: '确认丢单' }).click()
  await said(page, `“${name}”已标为丢单`)
  expect(await sales.get(`/opportunities/${opportunity}`)).toMatchObject({
    outcome: 'lost', lost_reason: '价格偏高' })
})
