// Lists and records of any entity, and the form that makes one.
import { expect, type Locator, type Page } from '../support/story'

export class ListPage {
  constructor(readonly page: Page, readonly plural: string) {}

  async open(query = ''): Promise<void> {
    await this.page.goto(`/${this.plural}${query}`)
    await expect(this.rows.first().or(this.page.locator('.empty'))).toBeVisible()
  }

  get rows(): Locator {
    return this.page.locator('.dt tbody tr[data-index]')
  }

  get titles(): Locator {
    return this.rows.locator('.rowlink')
  }

  get search(): Locator {
    return this.page.getByRole('searchbox')
  }

  get chips(): Locator {
    return this.page.locator('.filterbar .chip')
  }

  column(name: string): Locator {
    return this.page.getByRole('columnheader', { name, exact: true })
  }

  async addFilter(field: string): Promise<void> {
    await this.page.getByRole('button', { name: '筛选', exact: true }).click()
    await this.page.getByRole('menuitem', { name: field, exact: true }).click()
  }
}

export class RecordPage {
  constructor(readonly page: Page, readonly path: string) {}

  async open(tab = ''): Promise<void> {
    await this.page.goto(`${this.path}${tab ? `?tab=${tab}` : ''}`)
    await expect(this.page.getByRole('heading', { level: 1 })).toBeVisible()
  }

  async act(item: string): Promise<void> {
    await this.page.getByRole('button', { name: '更多操作' }).click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }

  async tab(name: string): Promise<void> {
    await this.page.getByRole('tab', { name }).click()
  }
}

/** The page of an address that this person may not see. */
export async function expectNotFound(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(page.getByText('这条记录不存在、已被删除，或者您没有查看权限。')
    .or(page.getByText('找不到这个页面'))).toBeVisible()
}
