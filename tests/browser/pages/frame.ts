// What every signed-in page has: rail, search, creating, notices, language, appearance, log-out.
import { expect, password, people, type Locator, type Page, type Part } from '../support/story'

export class Frame {
  constructor(readonly page: Page) {}

  get rail(): Locator {
    return this.page.getByRole('navigation', { name: /^(主导航|Main)/ })
  }

  get bell(): Locator {
    return this.page.getByRole('button', { name: /^通知/ })
  }

  /** Opens the search and types. */
  async search(words: string): Promise<Locator> {
    await expect(this.page.locator('#main')).toBeVisible()
    await this.page.keyboard.press('Control+k')
    const box = this.page.getByRole('dialog', { name: '搜索与命令' })
    await box.getByRole('combobox').fill(words)
    return box
  }

  /** Picks from a menu that the named button opens. */
  async menu(button: string | RegExp, item: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name: button }).click()
    await this.page.getByRole('menuitem', { name: item })
      .or(this.page.getByRole('menuitemradio', { name: item })).click()
  }
}

/** Through the log-in page as it stands. */
export async function logIn(page: Page, login: string, word = password): Promise<void> {
  await page.getByLabel('账号').fill(login)
  await page.getByLabel('密码').fill(word)
  await page.getByRole('button', { name: '登录' }).click()
}

/** A session that has ended: any page leads to the log-in and back. */
export async function logInAgain(page: Page, part: Part, path: string): Promise<void> {
  // The page that is open may be on its way to the log-in by itself: then that journey wins.
  await page.goto(path).catch((cause: Error) => {
    if (!cause.message.includes('interrupted')) throw cause
  })
  await expect(page).toHaveURL(/\/login/)
  await logIn(page, people[part])
  await expect(page).not.toHaveURL(/\/login/)
}
