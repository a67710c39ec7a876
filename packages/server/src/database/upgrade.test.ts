/** An instance that was used before there were people: its sessions belong to the owner of the house afterwards. */
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { homeOwner, homeTenant } from './index.ts'
import { loadMigrations } from './migrate.ts'

test('gives the sessions of before to the owner of the house', async () => {
  const { superuserUrl, migrateUrl } = inject('castellanCluster')
  const name = `upgrade_${Date.now()}`
  const admin = new pg.Client({ connectionString: superuserUrl })
  await admin.connect()
  await admin.query(`create database ${name} owner castellan_migrate`)
  const url = new URL(migrateUrl)
  url.pathname = `/${name}`
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    for (const { name: file, sql } of await loadMigrations()) {
      if (file.startsWith('0008')) await addSession(client)
      await client.query(`begin;\n${sql}\ncommit`)
      if (file.startsWith('0008')) break
    }
    await client.query(`select set_config('castellan.tenant', $1, false)`, [homeTenant])
    const { rows } = await client.query('select person_id, began_by from castellan.sessions')
    expect(rows).toEqual([{ person_id: homeOwner, began_by: 'unknown' }])
  } finally {
    await client.end()
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  }
})

async function addSession(client: pg.Client): Promise<void> {
  await client.query(`select set_config('castellan.tenant', $1, false)`, [homeTenant])
  await client.query(
    `insert into castellan.sessions (token_hash, tenant_id, id, principal, expires_at, user_agent, address)
     values ('\\x01', $1, gen_random_uuid(), 'owner', now() + interval '1 hour', 'test', '127.0.0.1')`,
    [homeTenant],
  )
  await client.query('reset castellan.tenant')
}
