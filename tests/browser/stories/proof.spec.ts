// Proof of form: an entity that the UI has never heard of (tests/product/exhibition.c) is granted
// to a role, listed, made, changed and found, without a line of TypeScript.
import { choose, date, said, type } from '../pages/form'
import { Frame } from '../pages/frame'
import { ListPage, RecordPage } from '../pages/records'
import { expect, server, test, unique } from '../support/story'

test.use({ baseURL: process.env.TRIPOD_PROOF_URL ?? '' })

test('a new entity has rights, list, form, history and search in the UI of its own accord',
  async ({ as }) => {
    const at = { baseURL: server('PROOF') }
    const admin = await as('admin', at)
    await admin.goto('/roles')
    await admin.getByRole('list', { name: '角色' }).getByRole('button', { name: '销售', exact: true }).click()
    const row = admin.getByRole('row').filter({ has: admin.getByRole('rowheader', { name: '展会', exact: true }) })
    for (const cell of await row.getByRole('combobox').all()) await cell.selectOption({ label: '本人' })
    await admin.getByRole('button', { name: '保存权限' }).click()
    await said(admin, '权限已保存，立即生效')

    const page = await as('sales', at)
    const list = new ListPage(page, 'exhibitions')
    await page.goto('/')
    const rail = page.getByRole('navigation', { name: '主导航' })
    await rail.getByRole('button', { name: '更多', exact: true }).click()
    await rail.getByRole('link', { name: '展会', exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: '展会' })).toBeVisible()
    await expect(page.getByText('还没有展会')).toBeVisible()
    await page.getByRole('link', { name: '新建展会' }).first().click()

    const name = unique('中国国际工业博览会')
    await type(page, '展会名称', name)
    await type(page, '城市', '上海')
    await choose(page, '类型', '论坛')
    await type(page, '展位费', '12万')
    await page.getByRole('button', { name: '新建展会' }).click()
    await expect(page.getByText('请填写开幕日期')).toBeVisible()
    await date(page, '开幕日期', '2027-09-21')
    await page.getByRole('button', { name: '新建展会' }).click()
    await said(page, `${name} 已创建`)

    await list.open()
    await expect(list.titles).toHaveText([name])
    await expect(list.rows.first()).toContainText('论坛')
    await expect(page.getByRole('columnheader')).toContainText(
      ['展会名称', '城市', '类型', '开幕日期', '到访人数', '负责人'])
    await list.titles.first().click()
    const drawer = page.getByRole('dialog', { name })
    await drawer.getByRole('button', { name: '编辑', exact: true }).first().click()
    await type(page.getByRole('dialog', { name: '编辑展会' }), '城市', '青岛')
    await page.getByRole('dialog', { name: '编辑展会' }).getByRole('button', { name: '保存', exact: true }).click()
    await said(page, '已保存')
    const record = new RecordPage(page, '')
    await record.tab('修改历史')
    await expect(page.locator('.history .change')).toHaveText(/城市\s*上海\s*→\s*青岛/)
    await page.keyboard.press('Escape')

    const box = await new Frame(page).search('gyblh')
    await box.getByRole('option').filter({ hasText: name }).click()
    await expect(page).toHaveURL(/\/exhibitions\/\d+/)
    await record.act('删除')
    await said(page, '已移到回收站')
    await page.goto('/trash')
    await choose(page, '类型', '展会')
    await page.getByRole('row').filter({ hasText: name }).getByRole('button', { name: '恢复' }).click()
    await said(page, `${name} 已恢复`)
  })
