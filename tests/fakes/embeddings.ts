/** The embeddings endpoint of OpenAI's API as a fake: three numbers for each text, known from the text. */
import { list, record, string } from './script.ts'

/** Whether a request is for this endpoint. */
export const asksForEmbeddings = (path: string): boolean => path.endsWith('/embeddings')

/** The vector that the fake makes of a text. */
export const vectorOf = (text: string): number[] => [text.length, text.charCodeAt(0) / 128, -0.5]

/** Its answer to a request's body. */
export function embeddingsFor(body: unknown) {
  const { input, model, encoding_format: format } = record(body)
  const texts = typeof input === 'string' ? [input] : list(input).map(string)
  const data = texts.map((text, index) => {
    const vector = vectorOf(text)
    const base64 = Buffer.from(Float32Array.from(vector).buffer).toString('base64')
    return { object: 'embedding', index, embedding: format === 'base64' ? base64 : vector }
  })
  const tokens = texts.join('').length
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}
