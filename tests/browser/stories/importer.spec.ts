// The import wizard: a file by hand from the first look to the records, its wrong rows mended, and
// what is refused.
import { readFileSync } from 'node:fs'
import { choose } from '../pages/form'
import { ListPage } from '../pages/records'
import { expect, test, unique, type Locator, type Page } from '../support/story'

const put = (page: Page, name: string, text: string | Buffer) =>
  page.locator('#main input[type=file][accept*=".csv"]').setInputFiles({
    name, mimeType: 'text/csv', buffer: Buffer.from(text) })

/** What a trial or a run came to: 新建 → 2 */
const figure = (page: Page, name: string): Locator =>
  page.locator('.figures > div').filter({ has: page.locator('dt').getByText(name, { exact: true }) }).locator('dd')

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test('a table is mapped by hand, tried, mended by its wrong rows, and imported once', async ({ as }) => {
  const first = unique('青松铸造')
  const second = unique('白桦模具')
  const page = await as('sales')
  await page.goto('/leads')
  await page.getByRole('button', { name: '更多操作' }).click()
  await page.getByRole('menuitem', { name: '导入' }).click()
  await expect(page).toHaveURL(/\/import\/lead$/)
  await expect(page.getByRole('combobox', { name: '导入什么' })).toHaveValue('线索')

  // 首触 is no word that the server suggests a field for.
  await put(page, '展会名片.csv',
    `公司名称,联系人,电话,线索来源,首触,预算（万元）\n${first},王芳,13800001111,展会峰会,2026-03-05,12.5\n` +
    `${second},李雷,021-5550 1234,展会峰会,去年春天,30\n`)
  await expect(page.getByText('已对应 5 / 6 列')).toBeVisible()
  await choose(page, '“首触”对应的字段', '首次接触日期')
  await expect(page.getByText('已对应 6 / 6 列')).toBeVisible()

  // The preview marks the wrong cell, and the trial tells it before anything is written.
  const wrong = page.getByRole('region', { name: '前 100 行预览' }).getByRole('row').filter({ hasText: second })
  await expect(wrong).toContainText('有误')
  await expect(wrong.locator('td.wrong')).toContainText('去年春天')
  await expect(wrong.locator('td.wrong .field-error')).not.toBeEmpty()
  await button(page, '试运行全部行').click()
  await expect(page.getByRole('heading', { name: '有些行还有问题' })).toBeVisible()
  await expect(figure(page, '将新建')).toHaveText('1')
  await expect(figure(page, '有误')).toHaveText('1')
  await expect(page.getByRole('region', { name: '有误的行' }).getByRole('row').nth(1)).toHaveText(/3\s*首次接触日期/)
  await expect(button(page, '导入 1 条')).toBeDisabled()

  const leads = await as('sales')
  const list = new ListPage(leads, 'leads')
  await list.open(`?q=${encodeURIComponent(first)}`)
  await expect(list.rows).toHaveCount(0)

  // The wrong rows come back as a workbook that says why.
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: '下载有误的行（改好后可直接再导入）' }).click(),
  ])
  const workbook = readFileSync(await download.path())
  expect(download.suggestedFilename()).toMatch(/\.xlsx$/)
  expect(workbook.subarray(0, 2).toString()).toBe('PK')

  // Mended, the same table goes in once: the second time there is nothing left to make.
  const mended = `公司名称,联系人,电话,线索来源,首触,预算（万元）\n${first},王芳,13800001111,展会峰会,2026-03-05,12.5\n` +
    `${second},李雷,021-5550 1234,展会峰会,2026-04-01,30\n`
  for (const made of [2, 0]) {
    await page.goto('/import/lead')
    await put(page, '展会名片（已改）.csv', mended)
    await choose(page, '“首触”对应的字段', '首次接触日期')
    await expect(page.getByText(`前 2 行：新建 ${made} ·`)).toBeVisible()
    await button(page, '试运行全部行').click()
    if (!made) break
    await expect(page.getByRole('heading', { name: '试运行通过，可以导入' })).toBeVisible()
    await expect(figure(page, '有误')).toHaveText('0')
    await button(page, '导入 2 条').click()
    await expect(page.getByRole('heading', { name: '导入完成' })).toBeVisible()
    await expect(figure(page, '新建')).toHaveText('2')
  }
  await expect(page.getByRole('heading', { name: '这些记录都已存在，没有需要导入的' })).toBeVisible()
  await expect(figure(page, '将新建')).toHaveText('0')
  await expect(figure(page, '跳过')).toHaveText('2')
  await expect(page.getByRole('button', { name: /^导入 \d+ 条$/ })).toHaveCount(0)
  await page.goto('/leads')
  const now = new ListPage(page, 'leads')
  for (const name of [second, first]) {
    await now.search.fill(name)
    await expect(now.titles).toHaveText([name])
  }
  await now.titles.first().click()
  const drawer = page.getByRole('dialog', { name: first })
  await expect(drawer).toContainText('展会峰会')
  await expect(drawer).toContainText('2026-03-05')
})

test('a file that cannot be read is refused with row and reason, and nothing is begun', async ({ as }) => {
  const page = await as('sales')
  await page.goto('/import')
  await expect(page.getByText('请先选择导入什么')).toBeVisible()
  await choose(page, '导入什么', '线索')
  for (const [name, text, why] of [
    ['引号.csv', '公司名称,联系人\n甲厂,王芳\n"乙厂,李雷\n', /第 3 行/],
    ['假的.xlsx', 'PK\u0003\u0004 这不是工作簿', /./],
    ['照片.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0xff, 0xfe, 0, 1]), /./],
  ] as const) {
    await put(page, name, text)
    const alert = page.locator('.import-file').getByRole('alert')
    await expect(alert, name).toContainText(why)
    await expect(page.getByRole('list', { name: '导入步骤' }).locator('[aria-current]')).toContainText('选择文件')
    await expect(page).not.toHaveURL(/run=/)
    await page.reload()
    await choose(page, '导入什么', '线索')
  }
})

test('who may not import finds no import', async ({ as }) => {
  const page = await as('csm')
  await page.goto('/accounts')
  await expect(page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: '客户', exact: true })).toBeVisible()
  await expect(page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: '导入数据' })).toHaveCount(0)
  await page.getByRole('button', { name: '更多操作' }).click()
  await expect(page.getByRole('menuitem', { name: '列设置' })).toBeVisible()
  await expect(page.getByRole('menuitem', { name: '导入' })).toHaveCount(0)
  await page.goto('/import/lead')
  await expect(page.getByText('没有权限', { exact: true })).toBeVisible()
  await expect(page.locator('input[type=file]')).toHaveCount(0)
})
