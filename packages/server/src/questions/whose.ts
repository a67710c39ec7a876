/**
 * Whose a question is. The person on whose behalf the call is made answers it, except where it would run a program, grant
 * a right or change the house: that is the owner's to answer, whoever's words led there.
 */
import type { QuestionView } from '@castellan/contracts'
import type { Principal } from '../http/env.ts'

/** What of a question says whose it is. */
export type Asked = Pick<QuestionView, 'principal' | 'effect'>

/** Effects of which only the owner says yes or no. */
export const ownersEffects: readonly string[] = Object.freeze(['execute', 'grant', 'admin'])

/** Whose call it is. What has no chain is the owner's. */
export const askedFor = ({ principal: [first] }: Asked): Principal =>
  first?.startsWith('member:') === true ? (first as Principal) : 'owner'

/** Who answers it. */
export const answererOf = (question: Asked): Principal =>
  ownersEffects.includes(question.effect) ? 'owner' : askedFor(question)

/** Who is told of it: whose call it is, and who answers. */
export const concerned = (question: Asked): Principal[] => [
  ...new Set([askedFor(question), answererOf(question)]),
]
