// Records: two who edit at once, who changed what, the recycle bin, comments, files, conversion.
import { changeFact, choose, pick, said, type } from '../pages/form'
import { expectNotFound, RecordPage } from '../pages/records'
import { expect, names, test, unique } from '../support/story'
import { begin, makeAccount } from '../support/prepare'

test('the second of two who edit is told what changed, and nothing of either is lost',
  async ({ as, api }) => {
    const sales = await api('sales')
    const account = await makeAccount(sales, { description: '老的备注', phone: '0571-11112222' })
    const path = `/accounts/${account.id}`
    const mine = await as('sales')
    const theirs = await as('manager')
    for (const page of [mine, theirs]) {
      const record = new RecordPage(page, path)
      await record.open()
      await record.act('编辑')
      await page.getByRole('dialog').getByLabel('备注').fill(page === mine ? '张伟的备注' : '陈建国的备注')
    }
    await type(theirs.getByRole('dialog'), '电话', '0571-33334444')
    await type(mine.getByRole('dialog'), '地址', '杭州市滨江区')
    await theirs.getByRole('dialog').getByRole('button', { name: '保存', exact: true }).click()
    await said(theirs, '已保存')

    await mine.getByRole('dialog').getByRole('button', { name: '保存', exact: true }).click()
    const conflict = mine.getByRole('dialog', { name: '这条记录刚被别人改过' })
    const clash = conflict.getByRole('radiogroup', { name: '备注' })
    await expect(clash).toContainText('张伟的备注')
    await expect(clash).toContainText('陈建国的备注')
    await expect(clash).toContainText(`${names.manager} 改于`)
    await expect(conflict).toContainText('0571-33334444')
    await clash.getByRole('radio').nth(1).check()
    await conflict.getByRole('button', { name: '按所选保存' }).click()
    await said(mine, '已保存')
    expect(await sales.get(path)).toMatchObject({
      description: '陈建国的备注', phone: '0571-33334444', address: '杭州市滨江区' })
  })

test('the history of a record names who changed which field from what to what', async ({ as, api }) => {
  const sales = await api('sales')
  const account = await makeAccount(sales)
  const page = await as('manager')
  const record = new RecordPage(page, `/accounts/${account.id}`)
  await record.open()
  await changeFact(page.locator('.record-cols'), '客户等级', (cell) => choose(cell, '客户等级', 'A 战略级'))
  await record.tab('修改历史')
  const entry = page.locator('.history > li').first()
  await expect(entry).toContainText(names.manager)
  await expect(entry.locator('.change')).toHaveText(/客户等级\s*B 重点级\s*→\s*A 战略级/)
  await expect(page.locator('.history > li').last()).toContainText(names.sales)
})

test('a deleted record goes to the recycle bin and comes back from there', async ({ as, api }) => {
  const account = await makeAccount(await api('sales'))
  const name = String(account['name'])
  const path = `/accounts/${account.id}`
  const page = await as('sales')
  const record = new RecordPage(page, path)
  await record.open()
  await record.act('删除')
  await said(page, '已移到回收站')
  await expect(page).toHaveURL(/\/accounts$/)
  await expectNotFound(page, path)

  await page.goto('/trash')
  await choose(page, '类型', '客户')
  const row = page.getByRole('row').filter({ hasText: name })
  await expect(row).toContainText(names.sales)
  await row.getByRole('button', { name: '恢复' }).click()
  await said(page, `${name} 已恢复`)
  await expect(row).toHaveCount(0)
  await page.getByRole('button', { name: '打开', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
})

test('a colleague named in a comment is told at once, without loading the page again',
  async ({ as, api }) => {
    const { opportunity } = await begin(await api('sales'))
    const theirs = await as('tech')
    await theirs.goto('/contacts')
    const bell = theirs.getByRole('button', { name: /^通知/ })
    await expect(bell).toBeVisible()
    await theirs.waitForTimeout(500)
    const before = Number(/(\d+) 条未读/.exec((await bell.getAttribute('aria-label')) ?? '')?.[1] ?? 0)

    const page = await as('sales')
    await page.goto(`/opportunities/${opportunity}`)
    const box = page.getByRole('textbox', { name: '评论' })
    await box.pressSequentially('节拍数据请补齐 @majun')
    await page.getByRole('option', { name: names.tech }).click()
    await expect(box).toHaveValue(new RegExp(`@${names.tech}`))
    await page.getByRole('button', { name: '发表评论' }).click()
    await expect(page.locator('.comments li').first()).toContainText(`节拍数据请补齐 @${names.tech}`)

    await expect(bell).toHaveAccessibleName(`通知，${before + 1} 条未读`)
    await bell.click()
    await theirs.getByRole('menuitem').first().click()
    await expect(theirs).toHaveURL(new RegExp(`/opportunities/${opportunity}`))
    await expect(theirs.getByText('节拍数据请补齐').first()).toBeVisible()
    await expect(bell).toHaveAccessibleName(before ? `通知，${before} 条未读` : '通知')
  })

test('a file of the same name becomes a new version; both can be fetched', async ({ as, api }) => {
  const account = await makeAccount(await api('sales'))
  const page = await as('sales')
  const record = new RecordPage(page, `/accounts/${account.id}`)
  await record.open('files')
  const put = (text: string) => page.locator('.filebox input[type=file]').setInputFiles({
    name: '保密协议.txt', mimeType: 'text/plain', buffer: Buffer.from(text) })
  await put('第一版正文')
  const files = page.locator('.filebox > ul > li')
  await expect(files).toHaveCount(1)
  await expect(files).toContainText(names.sales)
  await put('第二版正文，补充了期限')
  await page.getByRole('button', { name: '2 个版本' }).click()
  await expect(files).toHaveCount(1)
  const texts: string[] = []
  for (const link of await page.locator('.filebox-versions a').all()) {
    const answer = await page.request.get((await link.getAttribute('href')) ?? '')
    texts.push(await answer.text())
  }
  expect(texts).toEqual(['第二版正文，补充了期限', '第一版正文'])
  await page.getByRole('button', { name: '删除附件 保密协议.txt' }).click()
  await said(page, '附件已移到回收站')
})

test('a lead is converted into an account that is there already, with its contact and opportunity',
  async ({ as, api }) => {
    const sales = await api('sales')
    const account = await makeAccount(sales, { name: unique('青屿泵业') })
    const name = String(account['name'])
    const lead = await sales.post('/leads', {
      company_name: name, contact_name: '白工', phone: '13800001234', source: 'exhibition' })
    const page = await as('sales')
    await page.goto(`/leads/${lead.id}`)
    await page.getByRole('button', { name: '转为客户和商机' }).click()
    const dialog = page.getByRole('dialog')
    const twin = dialog.getByRole('status').getByRole('listitem').filter({ hasText: name })
    await twin.getByRole('button', { name: /^并入/ }).click()
    await expect(dialog.getByRole('combobox', { name: '并入已有客户' })).toHaveValue(name)
    await dialog.getByLabel(/^商机名称/).fill('泵房远程监控')
    await dialog.getByLabel('预计金额').fill('86万')
    await dialog.getByRole('button', { name: '转为客户和商机' }).click()
    await expect(page).toHaveURL(/\/opportunities\/\d+/)
    const id = Number(/opportunities\/(\d+)/.exec(page.url())?.[1])
    expect(await sales.get(`/opportunities/${id}`)).toMatchObject({
      account_id: account.id, amount_fen: 86_000_000, source: 'exhibition' })
    const by = encodeURIComponent(JSON.stringify({ account_id: { eq: account.id } }))
    const { items } = await sales.get<{ items: { name: string }[] }>(`/contacts?filter=${by}`)
    expect(items.map((one) => one.name)).toEqual(['白工'])
    await page.goto(`/leads/${lead.id}`)
    await expect(page.getByText('已转化为客户')).toBeVisible()
    await expect(page.getByRole('button', { name: '转为客户和商机' })).toHaveCount(0)
  })

test('an opportunity finds its account by pinyin initials while it is made', async ({ as, api }) => {
  const name = unique('碧梧仪表')
  const account = await makeAccount(await api('sales'), { name })
  const page = await as('sales')
  await page.goto('/opportunities/new')
  await type(page, '商机名称', unique('计量改造'))
  await pick(page, '客户', 'bwyb', name)
  await page.getByRole('button', { name: '新建商机' }).click()
  await expect(page).toHaveURL(/\/opportunities\/\d+/)
  await expect(page.getByRole('link', { name }).first()).toHaveAttribute('href', `/accounts/${account.id}`)
})

test('what was typed into a form survives a reload, and leaving asks', async ({ as }) => {
  const page = await as('sales')
  await page.goto('/leads/new')
  await type(page, '公司名称', '还没保存的公司')
  await page.waitForTimeout(400)
  page.once('dialog', (d) => void d.accept())
  await page.reload()
  await expect(page.getByText('已恢复上次没有保存的内容')).toBeVisible()
  await expect(page.getByLabel(/^公司名称/)).toHaveValue('还没保存的公司')
  await page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: '客户', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: '有内容还没保存' })
  await dialog.getByRole('button', { name: '继续编辑' }).click()
  await expect(page).toHaveURL(/\/leads\/new/)
  await page.getByRole('button', { name: '放弃草稿' }).click()
  await expect(page.getByLabel(/^公司名称/)).toHaveValue('')
})
