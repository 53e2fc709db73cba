// Administration: a new colleague with a first password, taking an account out of use, roles.
import { choose, said, type } from '../pages/form'
import { logIn } from '../pages/frame'
import { RecordPage } from '../pages/records'
import { expect, test, unique } from '../support/story'

test('a new user gets a first password, must change it, and then works', async ({ as, page }) => {
  const admin = await as('admin')
  const login = unique('gaoyuan')
  await admin.goto('/users/new')
  await type(admin, '姓名', '高远')
  await type(admin, '登录名', login)
  await choose(admin, '角色', '销售')
  await admin.keyboard.press('Escape')
  await admin.getByRole('button', { name: '新建用户' }).click()
  const dialog = admin.getByRole('dialog', { name: '为 高远 设置密码' })
  await dialog.getByRole('button', { name: '随机生成' }).click()
  const first = await dialog.getByLabel('新密码').inputValue()
  await dialog.getByRole('button', { name: '设置密码' }).click()
  await said(admin, '高远 的密码已设置')

  await page.goto('/login')
  await logIn(page, login, first)
  await page.getByLabel('当前密码').fill(first)
  await page.getByLabel('新密码').fill('my own password 91')
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('heading', { level: 1, name: '我的工作' })).toBeVisible()
  await expect(page.getByText('没有待办', { exact: true })).toBeVisible()
})

test('a disabled account is out at once and in again when enabled', async ({ as, api, page }) => {
  const admin = await api('admin')
  const login = unique('luoqi')
  const user = await admin.post('/users', { login, name: '骆琪', roles: ['sales'] })
  await admin.post(`/users/${user.id}/password`, { password: 'first door 22' }, 204)
  const desk = await as('admin')
  const record = new RecordPage(desk, `/users/${user.id}`)
  await record.open()
  await record.act('停用账号')
  await said(desk, '已停用 骆琪')
  await page.goto('/login')
  await logIn(page, login, 'first door 22')
  await expect(page.getByRole('alert')).toHaveText('账号或密码不正确')
  await record.act('启用账号')
  await said(desk, '已启用 骆琪')
  await logIn(page, login, 'first door 22')
  await expect(page).toHaveURL(/\/password/)
})

test('a right taken from a role is gone at once, and comes back when given', async ({ as }) => {
  const desk = await as('admin')
  const legal = await as('legal')
  await desk.goto('/roles')
  const change = async (scope: string) => {
    await desk.getByRole('list', { name: '角色' }).getByRole('button', { name: '法务' }).click()
    const cell = desk.getByRole('row').filter({ has: desk.getByRole('rowheader', { name: '线索', exact: true }) })
      .getByRole('combobox').first()
    await cell.selectOption({ label: scope })
    await expect(desk.getByText('1 处改动未保存')).toBeVisible()
    await desk.getByRole('button', { name: '保存权限' }).click()
    await said(desk, '权限已保存，立即生效')
  }
  const before = await (async () => {
    await desk.getByRole('list', { name: '角色' }).getByRole('button', { name: '法务' }).click()
    const cell = desk.getByRole('row').filter({ has: desk.getByRole('rowheader', { name: '线索', exact: true }) })
      .getByRole('combobox').first()
    return cell.evaluate((el) => (el as HTMLSelectElement).selectedOptions[0]?.label ?? '')
  })()
  await change(before === '全部' ? '无' : '全部')
  await legal.goto('/')
  const entry = legal.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: '线索', exact: true })
  await expect(entry).toHaveCount(before === '全部' ? 0 : 1)
  await change(before)
  await legal.reload()
  await expect(legal.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: '客户', exact: true })).toBeVisible()
})

test('who is no administrator finds no administration', async ({ as }) => {
  const page = await as('sales')
  await page.goto('/')
  await expect(page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: /角色|用户/ })).toHaveCount(0)
  await page.goto('/users/new')
  await expect(page.getByText('找不到这个页面').last()).toBeVisible()
})
