/**
 * The floors of GraphQL, on one port: `/graphql` is plain PostGraphile with grafserv from .cache/, under the same role and
 * claims; `/sql` is the same rows by hand over pg. Nobody is identified here.
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import pg from 'pg'

interface Input {
  readonly apiUrl: string
  readonly modules: string
  readonly kind: 'postgraphile' | 'sql'
  readonly settings: Record<string, string>
}

const { apiUrl, modules, kind, settings } = JSON.parse(await text(process.stdin)) as Input
const server = createServer()
if (kind === 'sql') bySql()
else await byPostgraphile()
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))

function bySql(): void {
  const pool = new pg.Pool({ connectionString: apiUrl, max: 10 })
  server.on('request', async (request, response) => {
    await text(request)
    const client = await pool.connect()
    try {
      await client.query('begin read only')
      await client.query({
        name: 'settings',
        text: 'select set_config(key, value, true) from json_each_text($1)',
        values: [JSON.stringify(settings)],
      })
      const { rows } = await client.query({
        name: 'notes',
        text: 'select id, title, stars from app.bench_notes order by id limit 10',
        values: [],
      })
      await client.query('commit')
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ data: { benchNotes: { nodes: rows } } }))
    } finally {
      client.release()
    }
  })
}

async function byPostgraphile(): Promise<void> {
  const from = createRequire(`${modules}/package.json`)
  const load = (name: string) => import(pathToFileURL(from.resolve(name)).href)
  const [{ postgraphile }, { PostGraphileAmberPreset }, { makePgService }, { grafserv }] = await Promise.all([
    load('postgraphile'),
    load('postgraphile/presets/amber'),
    load('postgraphile/adaptors/pg'),
    load('postgraphile/grafserv/node'),
  ])
  const pgl = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [
      makePgService({
        connectionString: apiUrl,
        schemas: ['app'],
        pubsub: false,
        poolConfig: { max: 10 },
        pgSettingsForIntrospection: { role: settings['role'] },
      }),
    ],
    grafast: { context: () => ({ pgSettings: { ...settings } }) },
    grafserv: { graphiql: false, watch: false },
  })
  await pgl.createServ(grafserv).addTo(server)
}
