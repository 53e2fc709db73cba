// What every story starts from: a page that fails on script errors and CSP violations, and people
// who are logged in by the front door. Import `test` and `expect` from here only.
import { test as base, expect, type APIRequestContext, type Browser, type Page } from '@playwright/test'

/** Log-ins of the demo company (seed/demo/users.json), one for each part that stories play. */
export const people = {
  sales: 'zhangwei',
  otherSales: 'tangbo',
  tech: 'majun',
  techLead: 'xuzhiyuan',
  csm: 'caimin',
  legal: 'shenlu',
  finance: 'jiangli',
  manager: 'chenjianguo',
  processOwner: 'qianrui',
  executive: 'zhoumingyuan',
  admin: 'admin',
} as const
export type Part = keyof typeof people

export const password = 'tripod-demo'

/** Speaks to the API as a person, for preparing records and for asserting what was stored. */
export class Api {
  private constructor(
    private readonly request: APIRequestContext,
    private readonly csrf: string,
  ) {}

  static async as(request: APIRequestContext, part: Part): Promise<Api> {
    const answer = await request.post('/api/v1/sessions', {
      data: { login: people[part], password },
    })
    expect(answer.ok(), `log-in of ${people[part]}: ${answer.status()}`).toBe(true)
    const { csrf_token } = (await answer.json()) as { csrf_token: string }
    return new Api(request, csrf_token)
  }

  async get<T>(path: string, status = 200): Promise<T> {
    const answer = await this.request.get(path)
    expect(answer.status(), `GET ${path}: ${await answer.text()}`).toBe(status)
    return (await answer.json()) as T
  }

  async post<T>(path: string, data: object = {}, status = 201): Promise<T> {
    const answer = await this.request.post(path, { data, headers: { 'X-CSRF-Token': this.csrf } })
    expect(answer.status(), `POST ${path}: ${await answer.text()}`).toBe(status)
    return (await answer.json()) as T
  }
}

/** A name that no other story or run uses. */
export function unique(name: string): string {
  return `${name} ${Date.now().toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`
}

/** Gathers what must not happen on any page; the fixture asserts that it is empty at the end. */
function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (e) => faults.push(`script error: ${e.message}`))
  page.on('console', (m) => {
    const text = m.text()
    if (m.type() === 'error' && !text.startsWith('Failed to load resource')) {
      faults.push(`console: ${text}`)
    } else if (/Content Security Policy/i.test(text)) {
      faults.push(`CSP: ${text}`)
    }
  })
}

interface Fixtures {
  faults: string[]
  /** A page in which this person is logged in; each call is a browser of its own. */
  as: (part: Part, options?: Parameters<Browser['newContext']>[0]) => Promise<Page>
  api: (part: Part) => Promise<Api>
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  faults: async ({}, use) => {
    const faults: string[] = []
    await use(faults)
    expect(faults, 'script errors and CSP violations').toEqual([])
  },
  page: async ({ page, faults }, use) => {
    watch(page, faults)
    await use(page)
  },
  as: async ({ browser, faults, baseURL }, use) => {
    const open: Page[] = []
    await use(async (part, options) => {
      const context = await browser.newContext({
        baseURL, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...options,
      })
      const page = await context.newPage()
      open.push(page)
      watch(page, faults)
      await Api.as(context.request, part) // the session cookie is the context's
      return page
    })
    for (const page of open) await page.context().close()
  },
  api: async ({ playwright, baseURL }, use) => {
    const open: APIRequestContext[] = []
    await use(async (part) => {
      const request = await playwright.request.newContext({ baseURL })
      open.push(request)
      return Api.as(request, part)
    })
    for (const request of open) await request.dispose()
  },
})

export { expect }
