/** The least that could be a server here: hono on node, and with a database one durable insert per POST. */
import { text } from 'node:stream/consumers'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import pg from 'pg'

const { database } = JSON.parse(await text(process.stdin)) as { database?: string }
const app = new Hono().get('/', (c) => c.text('hello'))
if (database !== undefined) {
  const pool = new pg.Pool({ connectionString: database, max: 10 })
  await pool.query('create table if not exists inbox (id bigserial primary key, body jsonb not null)')
  app.post('/', async (c) => {
    await pool.query({
      name: 'take',
      text: 'insert into inbox (body) values ($1)',
      values: [await c.req.text()],
    })
    return c.json({ ok: true }, 202)
  })
}
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`)
})
server.on('error', (error) => {
  throw error
})
