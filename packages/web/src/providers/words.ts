/** Why a sign-in by a provider came to nothing, in words; the server says only which of a few reasons it was. */
import { ProviderProblem } from '@castellan/contracts'

const words: Readonly<Record<ProviderProblem, (there: string) => string>> = {
  cancelled: (there) => `You said no at ${there}, so nothing was done.`,
  expired: () => 'That took too long, was done twice, or began in another browser. Begin again here.',
  failed: (there) =>
    `The answer of ${there} did not hold, so nobody was let in. Try again; if it stays so, tell the owner.`,
  unavailable: (there) => `${there} cannot be reached now. Try again in a moment, or sign in another way.`,
  unknown: (there) =>
    `That account of ${there} opens nothing here yet. Sign in the way you usually do, then connect it under Your account, Connections.`,
  taken: (there) => `That account of ${there} already signs in as somebody else, so it was not connected.`,
  signed_out: () => 'You were signed out in between, so nothing was connected. Sign in and begin again.',
}

/** What the address says went wrong; null when it says nothing that we know. */
export function problemIn(search: string, titles: readonly { name: string; title: string }[]): string | null {
  const query = new URLSearchParams(search)
  const problem = ProviderProblem.safeParse(query.get('problem'))
  if (!problem.success) return null
  // A name that is none of ours is foreign text, and not repeated.
  const there = titles.find(({ name }) => name === query.get('provider'))?.title ?? 'the other side'
  const said = words[problem.data](there)
  return said.charAt(0).toUpperCase() + said.slice(1)
}
