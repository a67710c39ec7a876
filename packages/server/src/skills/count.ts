/** How long a text is, in words for a sentence. */

/** "1 character", "812 characters". */
export function inCharacters({ length }: string): string {
  return length === 1 ? '1 character' : `${length} characters`
}
