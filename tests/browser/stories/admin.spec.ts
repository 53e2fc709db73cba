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

test('a setting is changed within its bounds, refused beyond them, and put back', async ({ as, api }) => {
  const settings = await api('admin')
  const stored = async () => {
    const { items } = await settings.get<{ items: { name: string; value: unknown }[] }>('/settings')
    return items.find((one) => one.name === 'session.max_days')?.value
  }
  const page = await as('admin')
  await page.goto('/')
  await page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: '系统设置', exact: true }).click()
  const days = page.getByRole('textbox', { name: '登录最长有效期' })
  await expect(days).toHaveValue('30')
  await expect(days).toHaveAccessibleDescription('1 至 365，默认 30')

  await days.fill('400')
  await page.getByRole('button', { name: '保存设置' }).click()
  await expect(days).toHaveAccessibleDescription(/365/)
  await expect(page.locator('.field-error')).toHaveText('不能大于 365')
  await expect(days).toHaveAttribute('aria-invalid', 'true')
  expect(await stored()).toBe(30)

  await days.fill('45')
  await days.press('Control+Enter')
  await said(page, '设置已保存，立即生效')
  await expect(page.locator('.field-error')).toHaveCount(0)
  expect(await stored()).toBe(45)
  await page.getByRole('button', { name: '恢复默认：登录最长有效期' }).click()
  await expect(days).toHaveValue('30')
  await page.getByRole('button', { name: '保存设置' }).click()
  await said(page, '设置已保存，立即生效')
  await expect.poll(stored).toBe(30)

  // Who may only read sees the same, and changes nothing.
  const owner = await as('processOwner')
  await owner.goto('/settings')
  await expect(owner.getByRole('textbox', { name: '登录最长有效期' })).toBeDisabled()
  const sales = await as('sales')
  await sales.goto('/settings')
  await expect(sales.getByText('没有权限', { exact: true })).toBeVisible()
})

test('every kind of record that one may read is reached from the navigation', async ({ as }) => {
  for (const part of ['admin', 'sales'] as const) {
    const page = await as(part)
    await page.goto('/')
    const rail = page.getByRole('navigation', { name: '主导航' })
    await rail.getByRole('button', { name: '更多', exact: true }).click()
    const { entities } = (await (await page.request.get('/api/v1/meta')).json()) as {
      entities: { plural: string; label_plural: { zh: string }; can: { read: string }; fields: { name: string }[] }[]
    }
    const readable = entities.filter((one) => one.can.read !== 'none')
    expect(readable.length).toBeGreaterThan(8)
    const addresses = await rail.getByRole('link').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
    // Parts are read on the page of what they belong to; accounts of colleagues are the administrator's.
    const elsewhere = ['comments', 'attachments', 'outputs', 'calendar_days', ...(part === 'sales' ? ['users', 'teams'] : [])]
    for (const { plural } of readable.filter((one) => !elsewhere.includes(one.plural))) {
      expect(addresses.some((one) => one?.startsWith(`/${plural}`)), plural).toBe(true)
    }
    await rail.getByRole('link', { name: '产品', exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: '产品' })).toBeVisible()
    await expect(rail.getByRole('link', { name: '产品', exact: true })).toHaveAttribute('aria-current', 'page')
    await rail.getByRole('button', { name: '更多', exact: true }).click()
  }
})

test('who is no administrator finds no administration', async ({ as }) => {
  const page = await as('sales')
  await page.goto('/')
  await expect(page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: /角色|用户/ })).toHaveCount(0)
  await page.goto('/users/new')
  await expect(page.getByText('找不到这个页面').last()).toBeVisible()
})
