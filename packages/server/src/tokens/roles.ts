/** The roles of people by how much they may, and what a token says of them. */
import { type PersonRole, Scope, scopes } from '@castellan/contracts'

const order: readonly PersonRole[] = ['viewer', 'member', 'owner']

/** The lower of two roles: a token never raises anybody. */
export const lowerOf = (one: PersonRole, other: PersonRole): PersonRole =>
  order.indexOf(one) < order.indexOf(other) ? one : other

/** The roles somebody may act in, their own first. */
export const rolesUpTo = (role: PersonRole): readonly PersonRole[] =>
  order.slice(0, order.indexOf(role) + 1).reverse()

/** A `scope` parameter (RFC 6749, section 3.3) as scopes in our order; undefined when one is unknown or repeated. */
export function parseScopes(text: string): readonly Scope[] | undefined {
  const words = text.split(' ')
  const known = words.every((word) => Scope.safeParse(word).success)
  if (!known || new Set(words).size !== words.length) return undefined
  return scopes.filter((scope) => words.includes(scope))
}
