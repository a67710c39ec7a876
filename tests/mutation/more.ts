/** Further breaks: endorsed values, influence, members' words, what keeps a rule monotone, sealed values, the shipped policies. */
import type { Break } from './breaks.ts'

const kernel = 'packages/kernel/src/'
const policy = 'packages/server/src/policy/'
const sealed = 'packages/server/src/sealed/'

const breaks = (
  file: string,
  all: readonly (readonly [rule: string, find: string, put: string, equivalent?: string])[],
): Break[] =>
  all.map(([rule, find, put, equivalent]) => ({
    ...{ rule, file, find, put },
    ...(equivalent === undefined ? {} : { equivalent }),
  }))

const course = (name: string, find: string): [string, string, string] => [
  `${name} has its course`,
  find,
  find.replace(/'(?:rises|falls)'/, "'stays'"),
]

export const furtherBreaks: readonly Break[] = [
  ...breaks(`${kernel}endorse.ts`, [
    ['an endorsement is for one role', 'each.role === role && canonicalJson', 'canonicalJson'],
    [
      'an endorsement is for one value',
      'each.role === role && canonicalJson(each.value) === text',
      'each.role === role',
    ],
    [
      'amounts are not endorsed',
      "new Set(['target', 'object', 'account'])",
      "new Set(['target', 'object', 'account', 'amount'])",
    ],
    [
      'secrets are not endorsed',
      "new Set(['target', 'object', 'account'])",
      "new Set(['target', 'object', 'account', 'secret'])",
    ],
    [
      'content is not endorsed',
      "new Set(['target', 'object', 'account'])",
      "new Set(['target', 'object', 'account', 'content'])",
    ],
    [
      'nothing is no value to endorse',
      "typeof value === 'string' && value !== ''",
      "typeof value === 'string'",
    ],
  ]),
  ...breaks(`${kernel}origin.ts`, [
    [
      'endorsing makes nobody a reader',
      "{ ...found, origin: 'owner' as const, takenFrom: null }",
      "{ ...found, origin: 'owner' as const, takenFrom: null, isNamed: true }",
    ],
    [
      'endorsing says nothing of who wrote it',
      "{ ...found, origin: 'owner' as const, takenFrom: null }",
      "{ ...found, origin: 'owner' as const, takenFrom: null, label: ownerLabel }",
    ],
    [
      'what an endorsed value holds besides is not endorsed',
      "isEndorsed: endorsed && origin !== 'foreign'",
      'isEndorsed: endorsed',
    ],
    [
      'the worst part of an argument decides',
      'return origins.indexOf(a) > origins.indexOf(b) ? a : b',
      'return origins.indexOf(a) > origins.indexOf(b) ? b : a',
    ],
    [
      'a reference in a strange label is foreign',
      "foreignSources(label).length === 0 ? 'owner' : 'foreign'",
      "'owner'",
    ],
    [
      'a reference names nobody who may read',
      'return { origin, takenFrom: null, label, isNamed: false, labelForNamed: label }',
      'return { origin, takenFrom: null, label, isNamed: true, labelForNamed: label }',
    ],
    [
      'a record is not the owner’s word',
      "return by === 'words' || !isTainted ? 'owner' : 'located'",
      "return 'owner'",
    ],
  ]),
  ...breaks(`${kernel}decide.ts`, [
    [
      'an endorsement is worth the proof it was given with',
      "endorsed.filter((each) => factorSuffices(each.factor, without.factor ?? 'passkey'))",
      'endorsed',
    ],
    [
      'an endorsement lifts no refusal',
      "if (without.decision !== 'ask') return given === 'none' ? without : judge(bare, authorize, given)",
      '',
    ],
    ['rules are told how much answers have told', 'influence: call.run.influence ?? 0', 'influence: 0'],
    [
      'rules are told of private data',
      "sensitive: call.run.label.readers !== 'everyone'",
      'sensitive: false',
    ],
    ['rules are told of foreign text', 'foreign: sources.length > 0,', 'foreign: false,'],
    [
      'some strong argument that is foreign counts',
      'strongRoles.some((role) => folds[role]?.foreign === true)',
      'false',
    ],
    [
      'a role’s sources are those of its labels',
      'traced.flatMap((each) => each.label.sources)',
      'traced.flatMap((each) => each.takenFrom ?? each.label.sources)',
    ],
    [
      'whoever is reached counts, not only the first',
      'call.reaches.some((reach) => !mayReachRead',
      'call.reaches.slice(0, 1).some((reach) => !mayReachRead',
    ],
    [
      'every strong argument must be anchored',
      'return strong.every((each) => each.isAnchor)',
      'return strong.some((each) => each.isAnchor)',
    ],
    [
      'an error under a stronger proof closes the gate',
      'if (verdict.errors.length > 0) return failed(verdict.errors)',
      '',
    ],
  ]),
  ...breaks(`${kernel}why.ts`, [
    [
      'the question says that answers may have steered it',
      'if (request.run.influence > 0) reasons.push(influenced(request))',
      '',
    ],
  ]),
  ...breaks(`${kernel}member.ts`, [
    [
      'only who a call is made for is its owner',
      "const [first = ''] = principal",
      "const first = principal.find((each) => each.startsWith('member:')) ?? ''",
    ],
    [
      'a member’s words are not the owner’s later',
      'if (member === null) return traced',
      'if (member !== undefined) return traced',
    ],
    ['what a member refers to is their own', '{ references: mapped(references, own) }', '{ references }'],
    [
      'in a member’s call the owner’s words stay the owner’s',
      'value.sources.map((source) => (source === from ? to : source))',
      "value.sources.map((source) => (source === from || source.startsWith('member:') ? to : source))",
    ],
    ['a member’s run is their own', 'label: own(run.label),', 'label: run.label,'],
  ]),
  ...breaks(`${kernel}label.ts`, [
    ['a host called member:7 is no member', "&& !reader.name.startsWith('member:')", ''],
    [
      'a row without sources is unknown',
      'row.sources === null || row.sources.length === 0',
      'row.sources === null',
    ],
    [
      'what has no label as a whole is unknown',
      "Object.hasOwn(labels, '') ? known : join(known, unknownLabel)",
      'known',
    ],
  ]),
  ...breaks(`${policy}monotone.ts`, [
    course('a role’s foreign', ".foreign`, 'rises'"),
    course('a role’s sources', ".sources`, 'rises'"),
    course('strongForeign', "strongForeign: 'rises'"),
    course('anchored', "anchored: 'falls'"),
    course('unsaid', "unsaid: 'rises'"),
    course('unread', "unread: 'rises'"),
    course('run.foreign', "'run.foreign': 'rises'"),
    course('run.sources', "'run.sources': 'rises'"),
    course('run.sensitive', "'run.sensitive': 'rises'"),
    course('run.influence', "'run.influence': 'rises'"),
    ['a forbid may only rise', "policy.effect === 'permit' ? 'falls' : 'rises'", "'falls'"],
    ['unless turns it round', "kind === 'when' ? wanted : opposite(wanted)", 'wanted'],
    ['not turns it round', 'return readsIn(arg, opposite(wanted))', 'return readsIn(arg, wanted)'],
    [
      'more than something on the right turns it round',
      'return [...readsIn(left, wanted), ...readsIn(right, opposite(wanted))]',
      'return [...readsIn(left, wanted), ...readsIn(right, wanted)]',
    ],
    [
      'less than something turns it round',
      'return [...readsIn(left, opposite(wanted)), ...readsIn(right, wanted)]',
      'return [...readsIn(left, wanted), ...readsIn(right, wanted)]',
    ],
    [
      'what a set may hold must not move',
      "return [...readsIn(left, wanted), ...readsIn(right, 'stays')]",
      'return [...readsIn(left, wanted), ...readsIn(right, wanted)]',
    ],
    ['false on one side turns it round', "const same = literal === (operator === '==')", 'const same = true'],
    [
      'two members compared may go either way',
      "if (literal === undefined) return [...readsIn(left, 'stays'), ...readsIn(right, 'stays')]",
      'if (literal === undefined) return [...readsIn(left, wanted), ...readsIn(right, wanted)]',
    ],
    [
      'what decides between branches must not move',
      "return [...readsIn(condition, 'stays'), ...readsIn(then, wanted)",
      'return [...readsIn(condition, wanted), ...readsIn(then, wanted)',
    ],
    ['what is not understood must not move', "return readsIn(partsOf(operand), 'stays')", 'return []'],
    [
      'what stands in a list must not move',
      "return partsOf(node).flatMap((part) => readsIn(part, 'stays'))",
      'return []',
    ],
    [
      'what is asked for its members must not move',
      "contextPath(left) === undefined ? readsIn(left, 'stays') : []",
      '[]',
    ],
    ['a rule that can fail asks nothing of what was read', 'reads.length > 0 && fails ?', 'false ?'],
    ['what is not known to be total may fail', 'if (!total.has(operator)) return true', ''],
    [
      'a text that is matched can fail',
      "if (operator === 'like') return canFail((operand as Expression)['left'])",
      "if (operator === 'like') return false",
    ],
  ]),
  ...breaks(`${policy}cedar.ts`, [
    [
      'an error of the engine closes the gate',
      'errors: diagnostics.errors.map(',
      'errors: diagnostics.errors.slice(0, 0).map(',
    ],
    [
      'a refusal that no proof changes is final',
      'final: !allowed && rules.some((rule) => unmoved.has(rule))',
      'final: !allowed',
    ],
    [
      'what the engine throws at is refused',
      "return { allowed: false, rules: [], errors: [error instanceof Error ? error.message : 'unknown'] }",
      'return { allowed: true, rules: [], errors: [] }',
    ],
  ]),
  ...breaks(`${sealed}view.ts`, [
    [
      'names of members that nobody declared are sealed',
      '!names.every((name) => known?.has(name) === true)',
      'false',
    ],
    ['only declared fields are the service’s', 'this.#platform.has(pattern) ||', 'true ||'],
    ['only whole tokens of the words are shown', 'saidVerbatim(words, text))', 'words.includes(text))'],
    ['long text is no name in the words', 'text.length <= saidCharacters && ', ''],
    [
      'yes and no are not said',
      "if (typeof value !== 'string' && typeof value !== 'number') return false",
      '',
    ],
    [
      'who may read what is shown stays',
      '{ sources: [], readers: label.readers }',
      "{ sources: [], readers: 'everyone' as const }",
    ],
    [
      'what has no label is sealed',
      "walk.enter(result.value, '', '', unknownLabel)",
      "walk.enter(result.value, '', '', bottom)",
    ],
    ['what stands within counts', 'const label = this.#tree.under(pointer, own)', 'const label = own'],
    ['a size that tells something is not told', 'this.#declared.unsized === true ? {} :', 'false ? {} :'],
    [
      'a source’s own name is not told',
      'const from = classOf(label)',
      "const from = label.sources.join(', ')",
    ],
    ['what is sealed has not been read', 'if (!this.#revealed.has(pointer)) return', 'if (false) return'],
    [
      'what is sealed is told to the run',
      'for (const source of foreignSources(label)) this.sealed.add(source)',
      '',
    ],
    [
      'an opened object stays sealed in its place',
      'this.#revealed.has(pointer) || !names.every',
      '!names.every',
    ],
    [
      'an opened list stays sealed in its place',
      'if (this.#revealed.has(pointer)) return this.#seal(value, node)',
      '',
    ],
    [
      'members of a star are of no object',
      "if (name !== '*') members.set(parent, names.add(name))",
      'members.set(parent, names.add(name))',
    ],
  ]),
  ...breaks(`${sealed}classes.ts`, [
    [
      'an unknown class is no word of a stranger’s',
      "words[source.split(':', 1)[0] ?? ''] ?? 'unknown source'",
      "words[source.split(':', 1)[0] ?? ''] ?? source",
    ],
  ]),
  ...breaks(`${sealed}answer.ts`, [
    [
      'an answer costs a bit at the least',
      'return Math.max(1, (count - 1n)',
      'return Math.max(0, (count - 2n)',
    ],
    ['a yes or no costs a bit', "if (type === 'boolean') return 1", "if (type === 'boolean') return 0"],
    ['a choice costs what it tells apart', 'bitsFor(BigInt(options?.length ?? 0))', '1'],
    ['both ends of a range count', '- BigInt(min ?? 0) + 1n)', '- BigInt(min ?? 0))'],
    ['a text is not shown', "return type !== 'text'", 'return true'],
    [
      'an answer is one of the options',
      'return z.enum(options as [string, ...string[]])',
      'return z.string()',
    ],
    ['a number is not below its range', '\n      .min(min ?? 0)', ''],
    ['a number is not above its range', '\n      .max(max ?? 0)', ''],
    [
      'nothing stands beside an answer',
      'z.strictObject({ answer: answerSchema',
      'z.object({ answer: answerSchema',
    ],
    ['options differ', 'new Set(options).size < options.length', 'false'],
    ['a text has an end', 'z.string().max(textCharacters)', 'z.string()'],
  ]),
  ...breaks(`${sealed}skills.ts`, [
    ['what the budget does not pay for stays sealed', 'if (bits > bitsLeft) {', 'if (bits < 0) {'],
    [
      'no answer costs all that is left',
      '{ bits: bitsLeft, bits_left: 0 }',
      '{ bits: 0, bits_left: bitsLeft }',
    ],
    [
      'a value is not revealed to a model that may not read it',
      "if (!(await seals.mayReveal(labelUnder(found.labels, ''))))",
      'if (false)',
    ],
    ['a sealed answer is of whoever wrote the material', "'/text': own", "'/text': systemLabel"],
    ['a shown answer is of whoever wrote the material', "'/answer': own", "'/answer': systemLabel"],
  ]),
  ...breaks(`${sealed}reference.ts`, [
    [
      'a reference keeps the label of what it stands for',
      "references[pointer] = labelUnder(result.labels, '')",
      '',
    ],
    [
      'text around a reference is as strange as it',
      'references[pointer] = joinAll([written, ...labels])',
      'references[pointer] = written',
    ],
    ['text around a reference keeps its own label', 'joinAll([written, ...labels])', 'joinAll(labels)'],
    ['a handle is of its own result', '|| handleOf(result.skill, seqOf(name)) !== name)', ')'],
    ['an unknown handle is refused', 'return problems.length > 0 ?', 'return false ?'],
    [
      'what is passed on has an end',
      'return room < 0 ? { value: null, labels: {} } : result',
      'return result',
      'the problem that the line before adds refuses the call all the same; this only spares the memory',
    ],
  ]),
  ...breaks(`${policy}defaults.cedar`, [
    [
      'a read that leaves is no plain read',
      'action == Castellan::Action::"read", resource)\nunless { context.leaves };',
      'action == Castellan::Action::"read", resource);',
    ],
    [
      'a read outside tells nobody what they may not read',
      '!context.strongForeign && !context.unread && !context.unsaid };',
      '!context.strongForeign && !context.unsaid };',
    ],
    [
      'a read outside carries nothing unsaid',
      '!context.strongForeign && !context.unread && !context.unsaid };',
      '!context.strongForeign && !context.unread };',
    ],
    [
      'two: a foreign target',
      '(!context.strongForeign && !context.unread && !context.unsaid && context.anchored)',
      '(!context.unread && !context.unsaid && context.anchored)',
    ],
    [
      'two: whoever may not read it',
      '(!context.strongForeign && !context.unread && !context.unsaid && context.anchored)',
      '(!context.strongForeign && !context.unsaid && context.anchored)',
    ],
    [
      'two: what was not said',
      '(!context.strongForeign && !context.unread && !context.unsaid && context.anchored)',
      '(!context.strongForeign && !context.unread && context.anchored)',
    ],
    [
      'two: within the words',
      '(!context.strongForeign && !context.unread && !context.unsaid && context.anchored)',
      '(!context.strongForeign && !context.unread && !context.unsaid)',
    ],
    ['two: a message to the owner that leaves', '"owner.notify" && !context.leaves)', '"owner.notify")'],
    [
      'two: writing',
      '    Castellan::Action::"write",\n    Castellan::Action::"send",\n    Castellan::Action::"publish",\n    Castellan::Action::"spend"\n  ],\n  resource\n)\nwhen { context.run.foreign &&',
      '    Castellan::Action::"send",\n    Castellan::Action::"publish",\n    Castellan::Action::"spend"\n  ],\n  resource\n)\nwhen { context.run.foreign &&',
    ],
    [
      'telling the owner tells nobody else',
      'resource == Castellan::Skill::"owner.notify")\nunless { context.leaves };',
      'resource == Castellan::Skill::"owner.notify");',
    ],
    [
      'a model is not asked with what is private',
      'resource == Castellan::Skill::"model.generate")\nunless { context.unread };',
      'resource == Castellan::Skill::"model.generate");',
      'the invariant private-stays-from-models forbids the same, whoever permits; the two stand for each other',
    ],
    [
      'nothing is allowed without a yes that no rule allows',
      'when { context.approval >= 1 };',
      'when { context.approval >= 0 };',
    ],
  ]),
  ...breaks(`${policy}invariants.cedar`, [
    ['running programs is power', 'Castellan::Action::"execute", ', ''],
    ['granting is power', 'Castellan::Action::"grant", ', ''],
    ['administration is power', ', Castellan::Action::"admin"', ''],
    [
      'one’s own payments need no second proof',
      'when { context.strongForeign && context.approval < 2 };',
      'when { context.approval < 2 };',
    ],
  ]),
]
