/** Amounts and shares in a text, and what can be computed of them in one step. Values are compared to the hundredth. */
import { bareToken, rawTokens } from './said.ts'

/** A number as an amount, with its unit where one is written, e.g. `{ value: 12.5, unit: 'EUR' }`. */
export interface Amount {
  readonly value: number
  readonly unit: string | null
}

const signs: Readonly<Record<string, string>> = { $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY' }
const words: Readonly<Record<string, string>> = {
  dollar: 'USD',
  dollars: 'USD',
  euro: 'EUR',
  euros: 'EUR',
  pound: 'GBP',
  pounds: 'GBP',
  franken: 'CHF',
  francs: 'CHF',
}
const code = /^(?:[A-Z]{3}|[a-z]+)$/

/** Amounts in a text, leaving out what stands between the given places (dates). Each number counts once. */
export function amountsIn(text: string, not: readonly { from: number; to: number }[] = []): Amount[] {
  const tokens = [...rawTokens(text)]
  return tokens.flatMap(({ raw, at }, index) => {
    if (not.some(({ from, to }) => at + raw.length > from && at < to)) return []
    const amount = amountOf(bareToken(raw))
    if (amount === null) return []
    return [{ ...amount, unit: amount.unit ?? unitOf(bareToken(tokens[index + 1]?.raw ?? '')) }]
  })
}

/** Percentages in a text, e.g. 10 for `10%`. */
export function sharesIn(text: string): number[] {
  const found = text.matchAll(/(?<![\p{L}\p{N}.,])(\d{1,3}(?:\.\d{1,4})?)\s?(?:%|percent\b|Prozent\b)/gu)
  return [...found].map(([, digits]) => Number(digits))
}

/** The amount a literal is: a number, or text such as `12.50`, `€5` or `12 EUR`. Null for anything else. */
export function amountOf(literal: number | string): Amount | null {
  if (typeof literal === 'number') return Number.isFinite(literal) ? { value: literal, unit: null } : null
  const [, sign = '', digits = '', behind = ''] =
    /^([$€£¥])?([\d.,]*\d)(?:\s?([$€£¥]|[A-Z]{3}|[a-z]+))?$/.exec(literal) ?? []
  const value = numberOf(digits)
  if (value === null) return null
  const unit = signs[sign] ?? (behind === '' ? null : unitOf(behind))
  // `3GS`, `15th` and `10am` begin with a number and are none.
  return behind !== '' && unit === null ? null : { value, unit }
}

function unitOf(text: string): string | null {
  const unit = signs[text] ?? words[text]
  if (unit !== undefined) return unit
  return code.test(text) && text === text.toUpperCase() ? text : null
}

/** `1200`, `1,200.50` and `12.5`. A number that is read differently elsewhere (`1.200`, `12,5`) is none. */
function numberOf(digits: string): number | null {
  if (/^\d+(?:\.\d{1,2}|\.\d{4,})?$/.test(digits)) return Number(digits)
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?$/.test(digits)) return Number(digits.replaceAll(',', ''))
  return null
}

/** Whether two amounts are the same; `meant` may leave the unit to the service, but not bring one along. */
export function isSameAmount(named: Amount, meant: Amount): boolean {
  return equal(named.value, meant.value) && (meant.unit === null || meant.unit === named.unit)
}

/**
 * Whether a value is made of one known amount in one step that the owner described: the whole of it or a share they
 * said of it, more or less by an amount they said. Something of the owner's must take part.
 */
export function isComputed(
  value: number,
  of: readonly number[],
  said: {
    readonly amounts: readonly number[]
    readonly shares: readonly number[]
    readonly isComputing: boolean
  },
): boolean {
  const steps = said.isComputing ? [0, ...said.amounts.flatMap((amount) => [amount, -amount])] : [0]
  const shares = said.shares.flatMap((share) => [share / 100, 1 + share / 100, 1 - share / 100])
  return [...of, ...said.amounts].some((base) =>
    [1, ...shares].some((share) =>
      steps.some(
        (step) => (share !== 1 || step !== 0) && Math.abs(step) !== base && equal(base * share + step, value),
      ),
    ),
  )
}

function equal(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.005
}
