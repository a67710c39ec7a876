/** Replies that quote sealed values: the reply with numbers in place of its references, and below it each value with its source. */
import type { QuotedValue } from '@castellan/contracts'
import { visible, visibleLine } from './visible.ts'

/** The reply as it is printed. What a reference stands for is somebody else's text, and stands apart, set in. */
export function quoted(reply: string, values: readonly QuotedValue[]): string {
  const text = visible(reply).replaceAll(/\{\{\s*([^\s{}]+)\s*\}\}/g, (whole, ref: string) => {
    const place = values.findIndex((value) => value.ref === ref)
    return place === -1 ? whole : `[${place + 1}]`
  })
  return [text, ...quotations(values)].join('\n')
}

/** Each value under its number, with where it came from. */
export function quotations(values: readonly QuotedValue[]): string[] {
  return values.flatMap(({ text, label }, place) => {
    const from = label.sources.filter((source) => source !== 'owner' && source !== 'system')
    const head = `[${place + 1}] quoted${from.length === 0 ? '' : ` from ${from.map(visibleLine).join(', ')}`}:`
    return [
      '',
      head,
      ...visible(text)
        .split('\n')
        .map((line) => `    ${line}`),
    ]
  })
}
