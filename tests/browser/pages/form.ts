// Filling the inputs of the product: text, money, dates, lists, references, wherever they stand.
import { expect, type Locator, type Page } from '../support/story'

type Scope = Page | Locator

const pageOf = (scope: Scope): Page => ('page' in scope ? scope.page() : scope)

/** A text, number or amount. */
export async function type(scope: Scope, label: string, text: string): Promise<void> {
  await scope.getByLabel(new RegExp(`^${label}( \\*)?$`)).fill(text)
}

/** One of a known list. */
export async function choose(scope: Scope, label: string | RegExp, option: string): Promise<void> {
  const box = scope.getByRole('combobox', { name: label, exact: typeof label === 'string' })
  await box.click()
  await pageOf(scope).getByRole('option', { name: option, exact: true }).filter({ visible: true }).click()
}

/** A reference, found by typing `words`. */
export async function pick(
  scope: Scope, label: string | RegExp, words: string, option = words,
): Promise<void> {
  const box = scope.getByRole('combobox', { name: label, exact: typeof label === 'string' })
  await box.click()
  await box.fill(words)
  await pageOf(scope).getByRole('option', { name: option }).filter({ visible: true }).first().click()
}

/** A date, typed. */
export async function date(scope: Scope, label: string, day: string): Promise<void> {
  await scope.getByLabel(new RegExp(`^${label}( \\*)?$`)).fill(day)
}

export const toast = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('status', { name: /操作提示|Notices/ }).getByText(text).last()

/** A short note at the foot of the page says this. */
export async function said(page: Page, text: string | RegExp): Promise<void> {
  await expect(toast(page, text)).toBeVisible()
}

/** Changes one fact of a record in place. `put` fills the input. */
export async function changeFact(
  scope: Scope, label: string, put: (cell: Locator) => Promise<void>,
): Promise<void> {
  await scope.getByRole('button', { name: `编辑: ${label}`, exact: true }).click()
  const cell = scope.locator('.fact-edit')
  await put(cell)
  await cell.getByRole('button', { name: '保存', exact: true }).click()
  await expect(cell).toHaveCount(0)
}
