/** Outputs that are recorded as text only, as the records they were: JSON, or YAML as tools print it. */
import type { Json } from '@castellan/contracts'
import { parse } from 'yaml'
import type { Output, Tool } from './suite.ts'

/** What a tool answered: structured where it says so itself or its text can be read so, else the text. */
export function answerOf(tool: Tool, { json, marked, text }: Output): Json {
  if (json !== undefined) return json
  const written = marked ?? text
  const looksStructured = /^\s*(?:[[{]|- )/.test(written)
  if (!looksStructured && tool.output_third_party !== 'some-fields') return written
  const value = read(written)
  return value !== null && typeof value === 'object' ? value : written
}

function read(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    // No JSON; what is no YAML either stays a text, all of it of whoever wrote any.
  }
  try {
    return JSON.parse(JSON.stringify(parse(text, { logLevel: 'silent' }) ?? null)) as Json
  } catch {
    return text
  }
}
