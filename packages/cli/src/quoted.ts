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

/** A reply as it streams: each reference becomes its number, in the order in which they are first met. */
export class Numbering {
  /** The references met so far; the first is number 1. */
  readonly refs: string[] = []
  #held = ''

  /** What of the text so far can be printed; the beginning of a reference waits for its end. */
  add(text: string): string {
    const all = (this.#held + text).replaceAll(/\{\{\s*([^\s{}]+)\s*\}\}/g, (_, ref: string) => {
      if (!this.refs.includes(ref)) this.refs.push(ref)
      return `[${this.refs.indexOf(ref) + 1}]`
    })
    const open = /\{(?:\{[^{}]{0,200}\}?)?$/.exec(all)?.index ?? all.length
    this.#held = all.slice(open)
    return all.slice(0, open)
  }

  /** What was held back and is no reference. */
  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}

/** Each value under its number, with where it came from; `refs` are the references in the order of their numbers. */
export function quotations(
  values: readonly QuotedValue[],
  refs: readonly string[] = values.map(({ ref }) => ref),
): string[] {
  return refs.flatMap((ref, place) => {
    const value = values.find((each) => each.ref === ref)
    if (value === undefined) return ['', `[${place + 1}] {{${visibleLine(ref)}}} stands for nothing`]
    const { text, label } = value
    const from = label.sources.filter((source) => source !== 'owner' && source !== 'system')
    const head = `[${place + 1}] quoted${from.length === 0 ? '' : ` from ${from.map(sourceInWords).join(', ')}`}:`
    return [
      '',
      head,
      ...visible(text)
        .split('\n')
        .map((line) => `    ${line}`),
    ]
  })
}

function sourceInWords(source: string): string {
  return source === 'pasted' ? 'what you pasted' : visibleLine(source)
}
