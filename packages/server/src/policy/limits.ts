/**
 * How much of a policy file is looked at. Cedar is compiled C-like code on a small stack: a rule that is nested too deeply
 * does not fail in it, it breaks the engine for good. So what is too much is refused before Cedar sees it.
 */
import { maxPolicyCharacters } from '@castellan/contracts'

/** Open brackets at one place. Cedar breaks at about 100. */
const maxDepth = 24
/** Operators in one rule, of those that nest without brackets. Cedar breaks at about 500. */
const maxOperators = 200
/** Rules of one file. */
const maxRules = 200

/** What there is too much of, as a sentence; null when the text may be parsed. */
export function tooMuchIn(text: string): { message: string; at: number } | null {
  if (text.length > maxPolicyCharacters) {
    return { message: `the file is longer than ${maxPolicyCharacters} characters`, at: 0 }
  }
  let depth = 0
  let operators = 0
  let rules = 0
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if ('([{'.includes(token)) depth += 1
    else if (')]}'.includes(token)) depth = Math.max(0, depth - 1)
    else if (token !== ';') operators += token.startsWith('"') || token.startsWith('//') ? 0 : 1
    else {
      ;[depth, operators] = [0, 0]
      rules += 1
    }
    if (depth > maxDepth) return { message: `brackets are nested more than ${maxDepth} deep`, at: index }
    if (operators > maxOperators)
      return { message: `the rule has more than ${maxOperators} operators`, at: index }
    if (rules > maxRules) return { message: `there are more than ${maxRules} rules`, at: index }
  }
  return null
}

/** Strings and comments as one token each, so that what is in them does not count. */
const tokens =
  /"(?:[^"\\]|\\[\s\S])*"?|\/\/[^\n]*|[()[\]{};.+\-*!<>=]|&&|\|\||\b(?:if|is|in|has|like|when|unless)\b/g
