/**
 * Remembers answers that depend on nothing but the question. The same few questions come again and again (every prompt,
 * every look at the clock), and a policy engine answers them alike until it is replaced.
 */

/** Answers kept; the one asked for longest ago goes first. */
const maxAnswers = 256
/** Longer questions, in characters of JSON, are rare and not worth their memory. */
const maxLength = 4096

/** `answer`, asked once for each of the latest questions. Both must be plain JSON; answers are frozen. */
export function remembering<Question, Answer extends object>(
  answer: (question: Question) => Answer,
): (question: Question) => Answer {
  const known = new Map<string, Answer>()
  return function recall(question) {
    const key = JSON.stringify(question)
    const found = known.get(key) ?? Object.freeze(answer(question))
    if (key.length > maxLength) return found
    known.delete(key)
    known.set(key, found)
    for (const oldest of known.keys()) {
      if (known.size <= maxAnswers) break
      known.delete(oldest)
    }
    return found
  }
}
