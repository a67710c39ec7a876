/** Reading an expression of Cedar's JSON: which members of `context` it names. */

/** An expression, or a part of one. */
export type Expression = { readonly [operator: string]: unknown }

/** `context.run.sources` as `['run', 'sources']`, `context` itself as `[]`; undefined for anything else. */
export function contextPath(node: unknown): readonly string[] | undefined {
  if (!isExpression(node)) return undefined
  if (node['Var'] === 'context') return []
  const access = node['.'] as { left?: unknown; attr?: unknown } | undefined
  if (!isExpression(access) || typeof access['attr'] !== 'string') return undefined
  const left = contextPath(access['left'])
  return left === undefined ? undefined : [...left, access['attr']]
}

/** Whether a value is an object. */
export function isExpression(node: unknown): node is Expression {
  return node !== null && typeof node === 'object' && !Array.isArray(node)
}

/** The expressions that stand directly in one. */
export function partsOf(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return node
  return isExpression(node) ? Object.values(node) : []
}
