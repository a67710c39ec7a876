/** Ways to break what the gate decides by, one rule at a time: which file, what stands there, and what is put in its place. */
import { identityBreaks } from './identity.ts'
import { furtherBreaks } from './more.ts'

export interface Break {
  /** The rule that no longer holds, as a sentence. */
  readonly rule: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly put: string
  /** Why nothing can notice it, where that is so. */
  readonly equivalent?: string
  /** What the rule is about, for `--only`. */
  readonly area?: 'identity'
  /** Files of tests that are to notice it, in place of what stages.ts would try. */
  readonly tests?: readonly string[]
}

const kernel = 'packages/kernel/src/'
const policy = 'packages/server/src/policy/'
const redteam = 'packages/server/src/redteam/'

const breaks = (
  file: string,
  all: readonly (readonly [rule: string, find: string, put: string])[],
): Break[] => all.map(([rule, find, put]) => ({ rule, file, find, put }))

export const everyBreak: readonly Break[] = [
  ...furtherBreaks,
  ...identityBreaks,
  ...breaks(`${kernel}label.ts`, [
    ['joining unites the sources', 'canonicalSet([...a.sources, ...b.sources])', 'canonicalSet(a.sources)'],
    ['joining intersects the readers', 'a.filter((reader) => b.includes(reader))', 'a'],
    [
      'only owner and system are trusted',
      "source === 'owner' || source === 'system'",
      "source !== 'unknown'",
    ],
    ['a host called owner is not the owner', '!classWords.has(reader.name) &&', ''],
    [
      'a field without a label is unknown',
      "if (prefix === '') return unknownLabel",
      "if (prefix === '') return ownerLabel",
    ],
  ]),
  ...breaks(`${kernel}decide.ts`, [
    ['an error closes the gate', 'if (unasked.errors.length > 0) return failed(unasked.errors)', ''],
    ['the weakest proof that suffices is asked for', 'factors.slice(1) as', 'factors.slice(1).reverse() as'],
    [
      'an approved call is never asked about',
      "request.approval === 'none' && unasked.final !== true",
      'unasked.final !== true',
    ],
    [
      'one foreign argument makes its role foreign',
      "traced.some((each) => each.origin === 'foreign'),",
      'false,',
    ],
    [
      'whom the owner does not name may read no more',
      'targets.length > 0 && targets.every((each) => each.isNamed)',
      'true',
    ],
    ['pointers that lead nowhere reach nobody', 'reached.length === 0 ? unknownLabel :', ''],
    [
      'a call without strong arguments must be tied to the words',
      'return traced.some((each) => each.isAnchor)',
      'return true',
    ],
  ]),
  ...breaks(`${kernel}origin.ts`, [
    ['an argument without a role is a target', ": 'target'", ": 'content'"],
    [
      'names of members are traced',
      '...leaf.names.map((name) => partOf(call, tracer, role, name.of, name.text)),',
      '',
    ],
    ['what a tainted planner wrote is foreign', 'tracer.isTainted || isTold ?', 'isTold ?'],
    [
      'a number that an answer may have told is foreign',
      'tracer.isTainted || isTold ?',
      'tracer.isTainted ?',
    ],
    [
      'what it wrote is as secret as what it read',
      'joinAll([ownerLabel, call.run.label, ...',
      'joinAll([ownerLabel, ...',
    ],
    ['a reference keeps its label', 'if (label === undefined) return', 'if (label !== null) return'],
    ['foreign text that leaves is searched', 'call.reaches.length > 0', 'call.reaches.length > 1'],
  ]),
  ...breaks(`${kernel}trace/said.ts`, [
    [
      'a token does not begin within another',
      'return before === 0 || isSpace(text.charAt(before - 1))',
      'return true',
    ],
    [
      'a token does not end within another',
      'return after === text.length || isSpace(text.charAt(after))',
      'return true',
    ],
    ['U+FEFF ends no token', "&& character !== '\\ufeff'", ''],
    ['two letters are no token of the owner’s', 'value.trim().length >= 3 &&', ''],
    ['an account number does not go on', '&& !goesOn(text, at, end)', ''],
  ]),
  ...breaks(`${kernel}trace/standing.ts`, [
    ['one token serves one role', 'Math.max(1, new Set(same.map(({ role }) => role)).size)', '1'],
    ['strong arguments are compared exactly', 'if (isStrong(role)) return false', ''],
    ['a year that was said is kept', 'days.some((named) => isSameDay(named, day))', 'days.length > 0'],
    [
      'only a link of the same host may be read',
      'field.label.sources.some((source) => source ===',
      'field.label.sources.some((source) => source !==',
    ],
    [
      'a link is no target of an effect',
      "effect !== 'read' || typeof value !== 'string' || kindOf(value) !== 'url'",
      "typeof value !== 'string' || kindOf(value) !== 'url'",
    ],
    ['what was read before is for nobody', 'joinAll([rest, ...others', 'joinAll([...others'],
    [
      'links count where the words lack them',
      "if (typeof value !== 'string') return []\n    const { texts }",
      "if (typeof value === 'string') return []\n    const { texts }",
    ],
  ]),
  ...breaks(`${kernel}trace/match.ts`, [
    [
      'all of a name must be there',
      'telling.length > 0 && telling.every',
      'telling.length > 0 && telling.some',
    ],
    ['small words tell nothing apart', 'const tellingCharacters = 5', 'const tellingCharacters = 1'],
  ]),
  ...breaks(`${kernel}trace/select.ts`, [
    ['a stranger’s field gives nothing', 'return !field.isThirdParty && field.echoes', 'return field.echoes'],
    ['two records that differ ask', 'if (this.#isAmbiguous(match, field)) continue', ''],
    [
      'a stranger’s record can make it ask',
      'const byToken = new Map<string, Match[]>()\n    for (const match of all) {',
      'const byToken = new Map<string, Match[]>()\n    for (const match of all.filter((each) => !each.field.isThirdParty)) {',
    ],
    [
      'half a name is not yet that name',
      'const isItself = field === match.field && !match.isWhole && field.value === literal',
      'const isItself = false',
    ],
    ['an id is no amount', "if (role === 'amount') return !isId", "if (role === 'amount') return true"],
    [
      'a note that holds two addresses gives none',
      'alike.length === 1 && alike[0]?.text === literal',
      'alike.some((each) => each.text === literal)',
    ],
    [
      'an answer that changes is not the service’s',
      'return others.every((field) => field.value === value) ? found : null',
      'return found',
    ],
  ]),
  ...breaks(`${kernel}trace/standing.ts`, [
    ['two candidates for a target ask', 'return this.#isAnother(role, value) ? null : ', 'return '],
    [
      'two records are two candidates',
      'this.#selection.fieldOf(\n      value,\n      role,\n      rivals,',
      'this.#selection.fieldOf(\n      value,\n      role,\n      undefined,',
    ],
    ['what was not asked for is for nobody', 'asked[place] !== true', 'asked[place] === true'],
    ['what is done must be asked for', '!isAskedFor(', 'false && !isAskedFor('],
    ['what is asked for once is done once', 'this.#isDone() ||', ''],
    ['what words dictate is what is said', 'this.#isUndictated() ||', ''],
    [
      'a common word names nobody',
      "if (role === 'target' && /^\\p{Ll}+$/u.test(value) &&",
      "if (role === 'secret' && /^\\p{Ll}+$/u.test(value) &&",
    ],
    [
      'who is only spoken of is not told',
      "if (effect === 'send' && kindOf(value) === 'name' && isNoRecipient",
      "if (effect === 'read' && kindOf(value) === 'name' && isNoRecipient",
    ],
    [
      'what words refuse is no name of anything',
      'return isDistinctive(value, words) && isUnrefused(value, words)',
      'return isDistinctive(value, words)',
    ],
  ]),
  ...breaks(`${kernel}trace/candidate.ts`, [
    [
      'the destination is the target',
      'return !destinations.some((place) => isSamePlace(place.text, value))',
      'return false',
    ],
    [
      'two places are two candidates',
      'return alike.some((place) => !isGiven(place.text) && !wasRead(place.text, read))',
      'return false',
    ],
    ['a link serves to be read or to be written to', 'return said.length < 2 &&', 'return false &&'],
    [
      'only what is pointed at is touched',
      'return !own.some(({ isPointedAt }) => isPointedAt) ||',
      'return false && !own.some(({ isPointedAt }) => isPointedAt) ||',
    ],
  ]),
  ...breaks(`${kernel}trace/asked.ts`, [
    ['a steered planner’s lookups must be asked for', '!steered || isDone ||', 'true || isDone ||'],
    ['what strangers wrote steers', 'steered ||= foreignSources(each.label).length > 0', ''],
    [
      'an argument-free read was not asked for',
      'values.length > 0 && values.every(stands)',
      'values.every(stands)',
    ],
    [
      'what was asked for leads on by trusted fields only',
      '!field.isThirdParty &&\n      (field.value === value',
      '(field.value === value',
    ],
    [
      'and to the same kind of thing',
      'isKin(words, one, each) && isWritten(one, value)',
      'isWritten(one, value)',
    ],
    ['small words ask for nothing', 'token.length >= 4 && !common.has(token)', 'token.length >= 1'],
  ]),
  ...breaks(`${kernel}trace/act.ts`, [
    ['who pays for one thing refunds no other', '!own.some((verb) => paying.test(verb))', 'false'],
    [
      'who comments opens no issue',
      "return own.some((verb) => posting.test(verb)) ? ['publish', 'add'] : ['publish']",
      "return ['publish', 'add', 'reply']",
    ],
    ['an unknown verb must be said', '?.[1] ?? [])', "?.[1] ?? ['remove', 'add', 'change'])"],
  ]),
  ...breaks(`${kernel}trace/phrase.ts`, [
    ['do not is a refusal', 'else if (refusals.has(previous.folded)) isRefused = true', ''],
    ['tell me reaches nobody else', 'if (isRefused || isOurs ||', 'if (isRefused ||'],
    ['do I have to is a question', '|| isDuty ||', '||'],
    ['a clause may refuse at its end', '!clause.some((token) => refusals.has(token))', 'true'],
    [
      'what was said in a room is heard there',
      "if (heard.has(tokens[before - 1]?.folded ?? '')) return []",
      '',
    ],
  ]),
  ...breaks(`${kernel}trace/words.ts`, [
    ['numbers beside amounts with units are none', 'return withUnit.length > 0 ? withUnit :', 'return'],
  ]),
  ...breaks(`${kernel}trace/select.ts`, [
    [
      'what the planner asked with gives nothing',
      '&& field.echoes.every((each) => isMeant(this.words, each))',
      '',
    ],
    [
      'a member is selected in what was asked for',
      '!item.isMember || argumentsOf(result).every((value) => isMeant(this.words, value))',
      'true',
    ],
    ['each of a list only where words say so', 'if (!this.words.isForEach) return null', ''],
    ['each of a list that was asked for', 'asked[place] !== true || argumentsOf(each)', 'argumentsOf(each)'],
    ['two records at one time are two', '|| more.length > 0 ||', '||'],
    ['a stranger’s time selects nothing', '|| !this.#isTrusted(only.field)) return null', ') return null'],
  ]),
  ...breaks(`${kernel}origin.ts`, [
    [
      'which link is followed is as secret as what was read',
      "if (by === 'link') return join(ownerLabel, read)",
      '',
    ],
  ]),
  ...breaks(`${kernel}trace/result.ts`, [
    [
      'a foreign label makes a third party’s field',
      'foreignSources(label).length > 0 && !this.#isPlatform(pointer)',
      'false',
    ],
    [
      'only declared fields are the platform’s',
      'return this.#platform.some(',
      'return true || this.#platform.some(',
    ],
    [
      'a list of things by name is no record',
      'hasArguments(this.#result) && describesOneThing(value)',
      'true',
    ],
  ]),
  ...breaks(`${kernel}trace/amount.ts`, [
    ['a call brings no unit along', '(meant.unit === null || meant.unit === named.unit)', 'true'],
    ['something of the owner’s takes part', '(share !== 1 || step !== 0) &&', ''],
    ['a day is no amount', 'if (not.some(', 'if (false && not.some('],
    [
      'a number that is read in two ways is none',
      '/^\\d+(?:\\.\\d{1,2}|\\.\\d{4,})?$/',
      '/^\\d+(?:\\.\\d+)?$/',
    ],
  ]),
  ...breaks(`${kernel}trace/anchor.ts`, [
    [
      'one common word is no name',
      'return /[^\\p{L}]/u.test(token) || words.quoted.has(token)',
      'return true',
    ],
    ['something of it is the owner’s', 'if (!isOwn) return false', ''],
    ['all of it is covered', 'return covered.every(Boolean)', 'return covered.some(Boolean)'],
  ]),
  ...breaks(`${kernel}trace/act.ts`, [
    [
      'a call with content does more than touch',
      "roles.every((role) => ['object', 'option', 'time'].includes(role))",
      'true',
    ],
  ]),
  ...breaks(`${kernel}trace/unsaid.ts`, [
    [
      'a text is read in every way',
      'for (const reading of readingsOf(text)) {',
      'for (const reading of [text]) {',
    ],
    ['what nobody sees is passed over', 'new Set([reading, visible(reading)])', 'new Set([reading])'],
    ['hidden characters count', 'new Set<string>(hidden(text))', 'new Set<string>()'],
    ['spelled-out addresses count', 'mayBeSpelled.test(text) ?', 'false ?'],
    ['links within tokens count', 'else pieces.push(...embedded(token))', ''],
    ['codes count', '|| looksSecret(token)', ''],
  ]),
  ...breaks(`${kernel}why.ts`, [
    ['an allowed call says why it was', "return ': every part of it is your own'\n", "return ''\n"],
    ['what is carried is named', 'if (request.unsaid) reasons.push(unsaidReason(traced))', ''],
  ]),
  ...breaks(`${policy}defaults.cedar`, [
    ['a foreign target asks', '!context.strongForeign &&\n  !context.unread &&', '!context.unread &&'],
    [
      'whoever is reached may read it',
      '!context.strongForeign &&\n  !context.unread &&',
      '!context.strongForeign &&',
    ],
    [
      'untrusted text carries nothing along',
      '!context.unread &&\n  !context.unsaid &&\n  (',
      '!context.unread &&\n  (',
    ],
    ['an effect is tied to the words', '(!context.run.foreign || context.anchored)', 'true'],
    [
      'a read outside goes where the owner said',
      'when { context.leaves && !context.strongForeign && ',
      'when { context.leaves && ',
    ],
    [
      'the rule of two',
      'when { context.run.foreign && context.run.sensitive && context.approval < 1 }',
      'when { false }',
    ],
  ]),
  ...breaks(`${policy}invariants.cedar`, [
    [
      'private text stays from models elsewhere',
      '@id("private-stays-from-models")\n@says("What is marked private goes to models on this machine only, whoever approves.")\nforbid (principal, action, resource == Castellan::Skill::"model.generate")\nwhen { context.unread };',
      '@id("private-stays-from-models")\n@says("What is marked private goes to models on this machine only, whoever approves.")\nforbid (principal, action, resource == Castellan::Skill::"model.generate")\nwhen { false };',
    ],
    ['power needs a second proof', ')\nwhen { context.approval < 2 };', ')\nwhen { context.approval < 1 };'],
    [
      'money needs a second proof',
      'when { context.strongForeign && context.approval < 2 };',
      'when { false };',
    ],
  ]),
  ...breaks(`${redteam}fields.ts`, [
    [
      'what the table says is a stranger’s, is',
      "if (tool.output_third_party === 'none') return { '': house }",
      "if (tool.name !== '') return { '': house }",
    ],
    [
      'what is not understood is a stranger’s',
      'if (paths.length === 0 || paths.includes(undefined)) return null',
      '',
    ],
  ]),
]
