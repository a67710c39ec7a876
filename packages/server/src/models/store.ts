/** The configured models in PostgreSQL. */
import type { Selectable } from 'kysely'
import type { Handle, Schema, Tenant } from '../database/index.ts'
import { isLocalModel } from './local.ts'
import type { Model } from './types.ts'

/** What of a model is stored. */
export type StoredModel = Omit<Model, 'local' | 'createdAt'>

/** All models, the oldest first. */
export async function loadModels(tenant: Tenant, handle: Handle): Promise<Model[]> {
  const rows = await handle
    .selectFrom('castellan.models')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .orderBy('created_at')
    .orderBy('name')
    .execute()
  return rows.map(modelOf)
}

/** One model, or null. */
export async function loadModel(tenant: Tenant, handle: Handle, name: string): Promise<Model | null> {
  const row = await handle
    .selectFrom('castellan.models')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst()
  return row === undefined ? null : modelOf(row)
}

/** Stores a new model; null when its name is taken. */
export async function saveModel(tenant: Tenant, handle: Handle, model: StoredModel): Promise<Model | null> {
  const { baseUrl, ...columns } = model
  const row = await handle
    .insertInto('castellan.models')
    .values({ tenant_id: tenant, base_url: baseUrl, ...columns })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? null : modelOf(row)
}

/** Changes a model; null when there is none. */
export async function updateModel(tenant: Tenant, handle: Handle, model: StoredModel): Promise<Model | null> {
  const { name, baseUrl, ...columns } = model
  const row = await handle
    .updateTable('castellan.models')
    .set({ base_url: baseUrl, ...columns })
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? null : modelOf(row)
}

/** Forgets a model. */
export async function deleteModel(tenant: Tenant, handle: Handle, name: string): Promise<void> {
  await handle
    .deleteFrom('castellan.models')
    .where('tenant_id', '=', tenant)
    .where('name', '=', name)
    .execute()
}

function modelOf(row: Selectable<Schema['castellan.models']>): Model {
  return {
    name: row.name,
    provider: row.provider,
    baseUrl: row.base_url,
    model: row.model,
    tier: row.tier,
    enabled: row.enabled,
    local: isLocalModel(row.base_url, row.model),
    createdAt: row.created_at,
  }
}
