// The page of one opportunity: its path, one node with its outputs and tools, reviews.
import { expect, type Locator, type Page } from '../support/story'
import { said } from './form'

export class OpportunityPage {
  constructor(readonly page: Page, readonly id: number) {}

  /** Opens the page at a node (and one of its outputs). */
  async open(node = '', output = ''): Promise<void> {
    const query = [node && `node=${node}`, output && `output=${output}`].filter(Boolean).join('&')
    await this.page.goto(`/opportunities/${this.id}${query ? `?${query}` : ''}`)
    await expect(this.node(node)).toBeVisible()
  }

  node(code = ''): Locator {
    return this.page.locator('section.node').and(
      this.page.getByRole('region', { name: new RegExp(`^${code.replace('.', '\\.')}`) }))
  }

  get complete(): Locator {
    return this.page.getByRole('button', { name: /^完成节点：/ })
  }

  /** What a refused gate lists: the texts of its links, in order. */
  get missing(): Locator {
    return this.page.locator('section.node .missing').getByRole('link')
  }

  output(label: string): Locator {
    return this.page.locator('li.output').filter({
      has: this.page.locator('.output-name').getByText(label, { exact: true }) })
  }

  /** Unfolds an output, if it is not open yet. */
  async unfold(label: string): Promise<Locator> {
    const row = this.output(label)
    const line = row.locator('.output-line')
    if ((await line.getAttribute('aria-expanded')) !== 'true') await line.click()
    await expect(row.locator('.output-body')).toBeVisible()
    return row
  }

  async present(label: string): Promise<void> {
    await expect(this.output(label).locator('.output-line .tag')).toHaveText(/已提交|已通过/)
  }

  async write(label: string, text: string): Promise<void> {
    const row = await this.unfold(label)
    await row.locator('textarea').fill(text)
    await row.getByRole('button', { name: `提交${label}`, exact: true }).click()
    await said(this.page, `“${label}”已提交`)
    await this.present(label)
  }

  async attach(label: string, name: string, content: string): Promise<void> {
    const row = await this.unfold(label)
    await row.locator('input[type=file]').setInputFiles({
      name, mimeType: 'text/plain', buffer: Buffer.from(content) })
    await said(this.page, `“${label}”已提交`)
    await this.present(label)
  }

  /** last: nobody else has to agree after this one. */
  async approve(label: string, last = true): Promise<void> {
    const row = await this.unfold(label)
    await row.getByRole('button', { name: '通过', exact: true }).click()
    await said(this.page, `已通过：${label}`)
    if (last) await this.present(label)
  }

  step(name: string): Locator {
    return this.page.locator('.path-nodes .step').filter({ hasText: name })
  }
}
