// The front door: logging in and out, wrong password, both languages, dark, phone width.
import { expectAccessible } from '../support/axe'
import { expect, password, people, test } from '../support/story'

test('a sales person logs in by the form and out again', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveURL(/\/login/)
  await page.getByLabel('账号').fill(people.sales)
  await page.getByLabel('密码').fill(password)
  await page.getByRole('button', { name: '登录' }).click()
  await expect(page).not.toHaveURL(/\/login/)
  await expect(page.locator('main')).toBeVisible()
  await expect(page).toHaveTitle(/Tripod 铁三角/)
  await page.context().clearCookies()
  await page.reload()
  await expect(page).toHaveURL(/\/login/)
})

test('a wrong password is refused in words and keeps the login', async ({ page }) => {
  await page.goto('/login')
  await page.getByLabel('账号').fill(people.otherSales)
  await page.getByLabel('密码').fill('wrong password')
  await page.getByRole('button', { name: '登录' }).click()
  await expect(page.getByText('账号或密码不正确')).toBeVisible()
  await expect(page.getByLabel('账号')).toHaveValue(people.otherSales)
})

test('the log-in page of the demo shows its log-ins', async ({ page }) => {
  await page.goto('/login')
  await expect(page.getByText(people.manager)).toBeVisible()
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
