// The board of opportunities: a column for each stage, cards that are dragged or moved by a menu.
import { expect, type Locator, type Page } from '../support/story'

export class BoardPage {
  constructor(readonly page: Page) {}

  async open(words = ''): Promise<void> {
    await this.page.goto(`/opportunities/board${words ? `?q=${encodeURIComponent(words)}` : ''}`)
    await expect(this.column('1')).toBeVisible()
  }

  column(stage: string): Locator {
    return this.page.locator(`[data-column="${stage}"]`)
  }

  card(name: string, stage?: string): Locator {
    return (stage ? this.column(stage) : this.page).locator('.bcard').filter({ hasText: name })
  }

  /** By hand: press, move in steps, let go over the column. */
  async drag(name: string, to: string): Promise<void> {
    const from = await this.card(name).boundingBox()
    const target = await this.column(to).locator('.bcol-cards').boundingBox()
    if (!from || !target) throw new Error('card or column is not on the screen')
    const { mouse } = this.page
    await mouse.move(from.x + from.width / 2, from.y + from.height - 12)
    await mouse.down()
    await mouse.move(from.x + from.width / 2 + 12, from.y + from.height - 4, { steps: 4 })
    await mouse.move(target.x + target.width / 2, target.y + 30, { steps: 12 })
    await mouse.up()
  }
}
