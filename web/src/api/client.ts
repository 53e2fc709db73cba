// The one way to the server. Every call carries the language and, when it changes something,
// the CSRF token; every refusal arrives as an ApiError with the server's own sentences.

export interface FieldError {
  field: string
  code: string
  message: string
}

/** A conflicting change somebody else made, as the server reports it with 412. */
export interface ConflictChange {
  field: string
  old: unknown
  new: unknown
  /** A name. */
  who: string
  when: string
}

export type Id = number | string

export interface Problem {
  title?: string
  status?: number
  code?: string
  detail?: string
  request_id?: string
  errors?: FieldError[]
  [extra: string]: unknown
}

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly fields: FieldError[]
  /** The whole problem document: some codes bring more (412: current, changes). */
  readonly problem: Problem

  constructor(problem: Problem, status: number) {
    super(problem.detail || problem.title || `HTTP ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.code = problem.code ?? (status === 0 ? 'network' : `http_${status}`)
    this.requestId = problem.request_id ?? ''
    this.fields = problem.errors ?? []
    this.problem = problem
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>

export interface CallOptions {
  query?: Query
  body?: unknown
  /** Version for If-Match. */
  version?: number
  signal?: AbortSignal | undefined
  /** Same key = the server answers a repeated POST with the first answer. */
  idempotencyKey?: string
}

/** Names this page: live events that carry it are our own echo. */
export const clientId = newKey()

const state = {
  csrf: '',
  lang: 'zh-CN',
  offline: '',
  onSignedOut: () => {},
}

/** Set by the session as soon as it knows; texts for faults the server can't word itself. */
export function configureClient(next: Partial<typeof state>): void {
  Object.assign(state, next)
}

export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value))
  const tail = search.toString()
  return `/api/v1${path}${tail ? `?${tail}` : ''}`
}

export function apiHeaders(method: string): Headers {
  const headers = new Headers({ Accept: 'application/json', 'Accept-Language': state.lang })
  if (method !== 'GET') {
    headers.set('X-CSRF-Token', state.csrf)
    headers.set('X-Client-Id', clientId)
  }
  return headers
}

/** fetch with language, CSRF token and problem handling; also given to the generated client. */
export async function tripodFetch(input: Request): Promise<Response> {
  const request = new Request(input, { credentials: 'same-origin' })
  apiHeaders(request.method).forEach((value, key) => request.headers.set(key, value))
  let response: Response
  try {
    response = await fetch(request)
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError({ code: 'network', detail: state.offline }, 0)
  }
  if (response.ok) return response
  throw await problemOf(response)
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

async function problemOf(response: Response): Promise<ApiError> {
  // Not every fault speaks problem+json: a proxy in between answers with its own page.
  const problem: unknown = await response.json().catch(() => null)
  const error = new ApiError(
    isProblem(problem) ? problem : { detail: state.offline },
    response.status,
  )
  if (response.status === 401) state.onSignedOut()
  return error
}

async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const headers = new Headers()
  let body: BodyInit | null = null
  if (options.body instanceof FormData) body = options.body
  else if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json')
    body = JSON.stringify(options.body)
  }
  if (options.version !== undefined) headers.set('If-Match', `"${options.version}"`)
  if (method === 'POST')
    headers.set('Idempotency-Key', options.idempotencyKey ?? newKey())
  const response = await tripodFetch(
    new Request(new URL(apiUrl(path, options.query), location.origin), {
      method,
      headers,
      body,
      signal: options.signal ?? null,
    }),
  )
  if (response.status === 204) return undefined as T // the caller of a 204 asks for void
  return (await response.json()) as T // shapes are the server's contract, see types.ts
}

/** crypto.randomUUID exists only on https and localhost. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    call<T>('GET', path, { ...(query ? { query } : {}), signal }),
  post: <T>(path: string, body: unknown = {}, options: CallOptions = {}) =>
    call<T>('POST', path, { ...options, body }),
  patch: <T>(path: string, body: unknown, version?: number) =>
    call<T>('PATCH', path, version === undefined ? { body } : { body, version }),
  put: <T>(path: string, body: unknown, version?: number) =>
    call<T>('PUT', path, version === undefined ? { body } : { body, version }),
  delete: (path: string, version?: number) =>
    call<void>('DELETE', path, version === undefined ? {} : { version }),
}

/** Upload with progress, which fetch still can't report. */
export function upload<T>(
  path: string,
  form: FormData,
  onProgress: (fraction: number) => void,
): { done: Promise<T>; cancel: () => void } {
  const xhr = new XMLHttpRequest()
  const done = new Promise<T>((resolve, reject) => {
    xhr.open('POST', apiUrl(path))
    apiHeaders('POST').forEach((value, key) => xhr.setRequestHeader(key, value))
    xhr.setRequestHeader('Idempotency-Key', newKey())
    xhr.responseType = 'json'
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(xhr.response as T) // as with call()
      else reject(
          new ApiError(isProblem(xhr.response) ? xhr.response : { detail: state.offline }, xhr.status),
        )
    }
    xhr.onerror = () => reject(new ApiError({ code: 'network', detail: state.offline }, 0))
    xhr.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    xhr.send(form)
  })
  return { done, cancel: () => xhr.abort() }
}
