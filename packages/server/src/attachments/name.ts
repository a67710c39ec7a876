/** What an attachment was called, made fit to be shown, and what kind of file we call it ourselves. Pure. */

const maxShown = 120

/**
 * The name of a file as its sender gave it: no folders before it, nothing invisible, on one line, bounded. It is still
 * foreign text, for the owner to read and for nothing else; no file is ever called so.
 */
export function shownName(given: string): string {
  const last = given.split(/[/\\]/u).at(-1) ?? ''
  // Controls, format characters (bidi, zero width, tags), lone surrogates, private use: what is not seen as it is.
  const visible = last.normalize('NFC').replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, '')
  const line = visible.replace(/\s+/gu, ' ').trim()
  const characters = [...line]
  if (characters.length > maxShown) return `${characters.slice(0, maxShown - 1).join('')}…`
  return line === '' ? 'file' : line
}

/** Endings that say what a file is. Any other could be words of its sender's. */
const endings: ReadonlySet<string> = new Set(
  'csv doc docx eml gif heic htm html ics jpeg jpg json log md mp3 mp4 odp ods odt pdf png ppt pptx rtf svg tsv txt vcf wav webp xls xlsx xml yaml yml zip'.split(
    ' ',
  ),
)

/** The ending that the house gives a file of this name; `bin` for what it does not know. */
export function endingOf(name: string): string {
  const ending = /\.([a-z0-9]{1,5})$/iu.exec(name)?.[1]?.toLowerCase() ?? ''
  return endings.has(ending) ? ending : 'bin'
}
