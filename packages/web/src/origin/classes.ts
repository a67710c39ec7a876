/**
 * The source classes of a label as people see them: a word, what it means, and whether it is trusted.
 * One table; the chip, the inset, the taint line and the ledger read it.
 */

/** The classes with a glyph of their own; `other` is every source this page does not know. */
export const originClasses = [
  'you',
  'system',
  'member',
  'pasted',
  'web',
  'mail',
  'feed',
  'file',
  'repository',
  'plugin',
  'mcp',
  'model',
  'other',
] as const
export type OriginClass = (typeof originClasses)[number]

/** `own` may command, `house` is ours or a member's, `foreign` is trusted for nothing. */
export type Standing = 'own' | 'house' | 'foreign'

/** One source, told for a person. */
export interface SourceView {
  class: OriginClass
  standing: Standing
  /** The word on the chip. */
  word: string
  /** Which page, sender, file … ; empty when the class says it all. */
  place: string
  /** One sentence that explains it. */
  meaning: string
}

const rows: Readonly<
  Record<OriginClass, { standing: Standing; word: string; meaning: (place: string) => string }>
> = {
  you: { standing: 'own', word: 'you', meaning: () => 'Your own words.' },
  system: {
    standing: 'own',
    word: 'system',
    meaning: () => 'Set by Castellan itself, never by a third party.',
  },
  member: {
    standing: 'house',
    word: 'member',
    meaning: (p) => `Written by ${p || 'a member of the house'}.`,
  },
  pasted: {
    standing: 'foreign',
    word: 'pasted',
    meaning: () => 'Text you pasted, quoted or forwarded. You brought it; someone else may have written it.',
  },
  web: {
    standing: 'foreign',
    word: 'web',
    meaning: (p) => `From a page of ${p || 'the web'}, not from you.`,
  },
  mail: { standing: 'foreign', word: 'mail', meaning: (p) => `From mail${p && ` of ${p}`}, not from you.` },
  feed: { standing: 'foreign', word: 'feed', meaning: (p) => `From the feed ${p}, not from you.` },
  file: {
    standing: 'foreign',
    word: 'file',
    meaning: (p) => `From the file ${p}. A file may hold anyone's words.`,
  },
  repository: {
    standing: 'foreign',
    word: 'repository',
    meaning: (p) => `From the repository ${p}, not from you.`,
  },
  plugin: { standing: 'foreign', word: 'plugin', meaning: (p) => `Made by the plugin ${p}, not by you.` },
  mcp: { standing: 'foreign', word: 'MCP', meaning: (p) => `From the MCP server ${p}, not from you.` },
  model: { standing: 'foreign', word: 'model', meaning: (p) => `Written by the model ${p}, not by you.` },
  other: {
    standing: 'foreign',
    word: 'other',
    meaning: (p) => `From ${p || 'an unnamed source'}, not from you.`,
  },
}

const prefixes: Readonly<Record<string, OriginClass>> = {
  owner: 'you',
  system: 'system',
  member: 'member',
  pasted: 'pasted',
  web: 'web',
  mail: 'mail',
  feed: 'feed',
  file: 'file',
  repo: 'repository',
  plugin: 'plugin',
  mcp: 'mcp',
  model: 'model',
}

/**
 * Tells a source of a label, e.g. `web:example.org`, to whoever is `me`. `owner` and `system` count only when they stand
 * alone; to a member their own words are "you", and the owner is one more member of the house.
 */
export const viewSource = (source: string, me = 'owner'): SourceView => {
  if (me.startsWith('member:')) {
    if (source === me) return viewSource('owner')
    if (source === 'owner') return viewSource('member:the owner')
  }
  const colon = source.indexOf(':')
  const prefix = colon < 0 ? source : source.slice(0, colon)
  const found = Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined
  // `owner:x` is no source of ours: it must not wear the owner's seal.
  const dressedUp = (found === 'you' || found === 'system') && colon >= 0
  const kind = found === undefined || dressedUp ? 'other' : found
  const place = kind === 'other' ? source : colon < 0 ? '' : source.slice(colon + 1)
  const row = rows[kind]
  return { class: kind, standing: row.standing, word: row.word, place, meaning: row.meaning(place) }
}

/** Whether a source is trusted for nothing by itself. */
export const isForeign = (source: string): boolean => viewSource(source).standing === 'foreign'

/** The foreign ones, each once, in order. */
export const foreignSources = (sources: readonly string[]): string[] =>
  [...new Set(sources)].filter(isForeign)
