/** The doors of the owner's tables, and what is kept of their answers. */
import { AppliedData, DataOverview } from '@castellan/contracts'
import { queryOptions } from '@tanstack/react-query'
import { ask } from '../http.ts'

/** What the page asks of the owner's tables. */
export const data = {
  overview: () => ask(DataOverview, '/api/data'),
  apply: (dryRun: boolean) =>
    ask(AppliedData, '/api/data/apply', { method: 'POST', body: { dry_run: dryRun } }),
  preview: (text: string) => ask(AppliedData, '/api/data/preview', { method: 'POST', body: { text } }),
  put: (text: string, base: string) =>
    ask(AppliedData, '/api/data/permissions', { method: 'PUT', body: { text, base } }),
}

export const dataQuery = queryOptions({ queryKey: ['data'], queryFn: data.overview })
/** What a text would change; kept for a minute, so that going back and forth asks nothing twice. */
export const previewQuery = (text: string) =>
  queryOptions({ queryKey: ['data-preview', text], queryFn: () => data.preview(text), gcTime: 60_000 })
