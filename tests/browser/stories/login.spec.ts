// The front door: logging in and out, wrong password, too many of them, both languages, dark, phone.
import { Frame, logIn } from '../pages/frame'
import { expectAccessible } from '../support/axe'
import { expect, people, test, unique } from '../support/story'

test('a sales person logs in by the form, comes to where they wanted, and logs out', async ({ page }) => {
  await page.goto('/accounts?q=dzkj')
  await expect(page).toHaveURL(/\/login/)
  await logIn(page, people.sales)
  await expect(page).toHaveURL(/\/accounts\?q=dzkj/)
  await expect(page).toHaveTitle(/Tripod 铁三角/)
  await new Frame(page).menu('张伟', '退出登录')
  await expect(page).toHaveURL(/\/login/)
  await page.goto('/accounts')
  await expect(page).toHaveURL(/\/login/)
})

test('a wrong password is refused in words and keeps the login', async ({ page }) => {
  await page.goto('/login')
  await logIn(page, people.otherSales, 'wrong password')
  await expect(page.getByRole('alert')).toHaveText('账号或密码不正确')
  await expect(page.getByLabel('账号')).toHaveValue(people.otherSales)
})

test('after ten wrong passwords the door says how long to wait, also to the right one',
  async ({ page, api }) => {
    const admin = await api('admin')
    const login = unique('guess').toLowerCase()
    const user = await admin.post('/users', { login, name: '试密码的人', roles: ['sales'] })
    await admin.post(`/users/${user.id}/password`, { password: 'first door 22' }, 204)
    await page.goto('/login')
    for (let i = 0; i < 10; i++) {
      const said = page.waitForResponse((r) => r.request().method() === 'POST')
      await logIn(page, login, 'wrong password')
      await said
    }
    await expect(page.getByRole('alert')).toHaveText('账号或密码不正确')
    await logIn(page, login, 'first door 22')
    await expect(page.getByRole('alert')).toHaveText(/操作过于频繁，请 \d+ 秒后再试/)
  })

test('the log-in page of the demo shows its log-ins', async ({ page }) => {
  await page.goto('/login')
  await expect(page.getByText(people.manager)).toBeVisible()
})

test('the log-in page keeps the language that was chosen there', async ({ page }) => {
  await page.goto('/login')
  await page.getByRole('link', { name: 'English' }).click()
  await expect(page.getByRole('heading', { name: 'Tripod' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await page.goto('/login')
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
  await page.getByRole('link', { name: '中文' }).click()
  await expect(page.getByRole('button', { name: '登录' })).toBeVisible()
})

for (const scheme of ['light', 'dark'] as const) {
  test(`the log-in page is accessible, ${scheme}, in both languages and on a phone`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme })
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 })
      for (const lang of ['zh', 'en']) {
        await page.goto(`/login?lang=${lang}`)
        await expectAccessible(page, `login ${lang} ${scheme} ${width}`)
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
        expect(wide, `login scrolls sideways at ${width}`).toBe(false)
      }
    }
  })
}
