/**
 * An OpenAI-compatible model that answers at once, streamed: the least a provider can cost. tests/fakes speaks the
 * protocol in full, and slower. `GET /last` hands out the latest request, so that it can be sent again without the house.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const base = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_741_570_283, model: 'fake' }
const event = (value: object) => `data: ${JSON.stringify({ ...base, ...value })}\n\n`
const choice = (delta: object, finish_reason: string | null = null) =>
  event({ choices: [{ index: 0, delta, finish_reason }] })
const usage = { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 }
const first = choice({ role: 'assistant', content: 'OK, ' })
const rest = `${choice({ content: 'done.' })}${choice({}, 'stop')}${event({ choices: [], usage })}data: [DONE]\n\n`

let last = ''
const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end(last)
  let body = ''
  request.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => {
    last = body
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(first)
    response.end(rest)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
