// Accessibility: axe-core over the page as it stands. Zero violations is the rule (design, budgets).
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  help: string
  nodes: { target: string[]; html: string }[]
}

/** Rule, element and text of each violation. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated through the debugger, so the page's strict CSP stays as it is.
  await page.evaluate(source)
  const found = await page.evaluate(async () => {
    const axe = (globalThis as unknown as {
      axe: { run(root: Document, options: object): Promise<{ violations: Violation[] }> }
    }).axe
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const result = await axe.run(document, {
      runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'],
    })
    return result.violations
  })
  return found.flatMap((v) =>
    v.nodes.map((n) => `${v.id} (${v.help}): ${n.target.join(' ')} ${n.html.slice(0, 200)}`))
}

/** Fails with the violations. `what` names the screen in the message. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  expect(await violations(page), `axe on ${what}`).toEqual([])
}
