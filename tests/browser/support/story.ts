// What every story starts from: people who are logged in by the front door, and what no page may do.
// Import `test` and `expect` from here only. After every story each page that it opened is held
// against axe, and script errors, CSP violations, failed scripts or assets and answers of 500
// and more fail it.
import {
  test as base, expect, type APIRequestContext, type Browser, type Locator, type Page,
} from '@playwright/test'
import { violations } from './axe'

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

/** Their names. */
export const names = {
  sales: '张伟',
  otherSales: '唐博',
  tech: '马骏',
  techLead: '徐致远',
  csm: '蔡敏',
  legal: '沈璐',
  finance: '姜莉',
  manager: '陈建国',
  processOwner: '钱睿',
  executive: '周明远',
  admin: '罗平',
} as const satisfies Record<Part, string>

export const password = 'tripod-demo'

export interface PathNode {
  id: number
  code: string
  name: string
  state: string
  missing: { key: string; label: string }[]
  outputs: { key: string; label: string; present: boolean; review_id?: number }[]
}
interface Path {
  stages: { code: string; nodes: PathNode[] }[]
}

export interface Stored {
  id: number
  version: number
  [field: string]: unknown
}

/** Speaks to the API as a person, for preparing records and for asserting what was stored. */
export class Api {
  constructor(
    readonly request: APIRequestContext,
    private readonly csrf: string,
    readonly userId: number,
  ) {}

  static async login(request: APIRequestContext, login: string, word = password): Promise<Api> {
    const answer = await request.post('/api/v1/sessions', { data: { login, password: word } })
    expect(answer.ok(), `log-in of ${login}: ${answer.status()}`).toBe(true)
    const { csrf_token, user_id } = (await answer.json()) as { csrf_token: string; user_id: number }
    return new Api(request, csrf_token, user_id)
  }

  async get<T = Stored>(path: string, status = 200): Promise<T> {
    const answer = await this.request.get(`/api/v1${path}`)
    expect(answer.status(), `GET ${path}: ${await answer.text()}`).toBe(status)
    return (await answer.json()) as T
  }

  async post<T = Stored>(path: string, data: object = {}, status = 201): Promise<T> {
    const answer = await this.request.post(`/api/v1${path}`, {
      data, headers: { 'X-CSRF-Token': this.csrf },
    })
    const text = await answer.text()
    expect(answer.status(), `POST ${path}: ${text}`).toBe(status)
    return (text ? JSON.parse(text) : null) as T
  }

  async patch(path: string, data: object): Promise<Stored> {
    const { version } = await this.get(path)
    const answer = await this.request.patch(`/api/v1${path}`, {
      data, headers: { 'X-CSRF-Token': this.csrf, 'If-Match': `"${version}"` },
    })
    expect(answer.ok(), `PATCH ${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as Stored
  }

  /** A node of an opportunity's path. */
  async node(opportunity: number, code: string): Promise<PathNode> {
    const path = await this.get<Path>(`/opportunities/${opportunity}/path`)
    const node = path.stages.flatMap((stage) => stage.nodes).find((one) => one.code === code)
    if (!node) throw new Error(`no node ${code}`)
    return node
  }

  async idOf(part: Part): Promise<number> {
    const filter = encodeURIComponent(JSON.stringify({ login: { eq: people[part] } }))
    const { items } = await this.get<{ items: Stored[] }>(`/users?filter=${filter}`)
    expect(items).toHaveLength(1)
    return items[0]?.id ?? 0
  }
}

/** A name that no other story or run uses. */
export function unique(name: string): string {
  return `${name}${Date.now().toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`
}

/** Gathers what must not happen on any page; the fixture asserts that it is empty at the end. */
export function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (e) => faults.push(`script error: ${e.message}`))
  page.on('console', (m) => {
    const text = m.text()
    // The browser's own note on a refused request; which ones may be refused is decided below.
    if (m.type() === 'error' && !text.startsWith('Failed to load resource')) {
      faults.push(`console: ${text}`)
    } else if (/Content Security Policy/i.test(text)) {
      faults.push(`CSP: ${text}`)
    }
  })
  page.on('response', (r) => {
    const { pathname } = new URL(r.url())
    const mayRefuse = pathname.startsWith('/api/') || ['/login', '/password'].includes(pathname)
    if (r.status() >= 500 || (r.status() >= 400 && !mayRefuse)) {
      faults.push(`${r.status()} ${r.request().method()} ${pathname}`)
    }
  })
}

interface Kept {
  state: Awaited<ReturnType<APIRequestContext['storageState']>>
  csrf: string
  userId: number
}

interface Fixtures {
  /** What went wrong on any page; a story that provokes a fault on purpose empties it. */
  faults: string[]
  /** Every page of the story. */
  pages: Page[]
  /** A page in which this person is logged in; each call is a browser of its own. */
  as: (part: Part, options?: Parameters<Browser['newContext']>[0]) => Promise<Page>
  api: (part: Part) => Promise<Api>
}
interface WorkerFixtures {
  /** Each part logs in once per server and worker. */
  sessions: Map<string, Kept>
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  sessions: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => use(new Map()),
    { scope: 'worker' },
  ],
  // eslint-disable-next-line no-empty-pattern
  pages: async ({}, use) => use([]),
  faults: [
    async ({ pages }, use, info) => {
      const faults: string[] = []
      await use(faults)
      if (info.status === info.expectedStatus) {
        for (const page of pages) {
          if (!page.isClosed() && page.url().startsWith('http')) {
            faults.push(...(await violations(page)).map((line) => `axe on ${page.url()}: ${line}`))
          }
        }
      }
      expect(faults, 'script errors, CSP violations, failed requests, axe').toEqual([])
    },
    { auto: true },
  ],
  page: async ({ page, faults, pages }, use) => {
    watch(page, faults)
    pages.push(page)
    await use(page)
  },
  as: async ({ browser, playwright, faults, pages, baseURL, sessions }, use) => {
    const open: Page[] = []
    await use(async (part, options) => {
      const url = options?.baseURL ?? baseURL ?? ''
      const kept = await keep(playwright.request, url, part, sessions)
      const context = await browser.newContext({
        baseURL: url, storageState: kept.state, locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
        viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options,
      })
      const page = await context.newPage()
      open.push(page)
      pages.push(page)
      watch(page, faults)
      return page
    })
    for (const page of open) await page.context().close()
  },
  api: async ({ playwright, baseURL, sessions }, use) => {
    const open: APIRequestContext[] = []
    await use(async (part) => {
      const kept = await keep(playwright.request, baseURL ?? '', part, sessions)
      const request = await playwright.request.newContext({
        storageState: kept.state, ...(baseURL ? { baseURL } : {}),
      })
      open.push(request)
      return new Api(request, kept.csrf, kept.userId)
    })
    for (const request of open) await request.dispose()
  },
})

type Requests = { newContext(options: { baseURL: string }): Promise<APIRequestContext> }

async function keep(
  requests: Requests, baseURL: string, part: Part, sessions: Map<string, Kept>,
): Promise<Kept> {
  const key = `${baseURL} ${part}`
  const known = sessions.get(key)
  if (known) return known
  const request = await requests.newContext({ baseURL })
  const api = await Api.login(request, people[part])
  const me = await api.get<{ csrf_token: string }>('/me')
  const kept = { state: await request.storageState(), csrf: me.csrf_token, userId: api.userId }
  sessions.set(key, kept)
  await request.dispose()
  return kept
}

/** The address of a server that tools/run-browser started beside the first. */
export function server(name: 'WALK' | 'PROOF'): string {
  const url = process.env[`TRIPOD_${name}_URL`]
  if (!url) throw new Error(`TRIPOD_${name}_URL is not set: run the stories by tools/run-browser`)
  return url
}

export { expect, type Locator, type Page }
