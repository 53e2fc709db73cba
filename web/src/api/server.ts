// The typed client: addresses, parameters and answers as the API description has them. For calls
// to one entity whose name is only known at run time there is `api` in client.ts.
import createClient from 'openapi-fetch'
import { tripodFetch } from './client'
import type { paths } from './generated/openapi'

export const server = createClient<paths>({ baseUrl: location.origin, fetch: tripodFetch })

/** The answer of a call. A refusal has been thrown as ApiError before it comes here. */
export async function answer<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call
  return data as T // absent only for a 204, whose type says so
}
