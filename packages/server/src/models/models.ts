/**
 * The models of a tenant: configured, tried, chosen and asked. A model's key is the vault's secret `model/NAME`; it goes to
 * the base URL it was given for and to no other, so it is taken away before that changes.
 */

import type { ModelPatch, NewModel, Tier } from '@castellan/contracts'
import {
  CastellanError,
  type Discovered,
  type Json,
  type ModelTest,
  type ModelView,
} from '@castellan/contracts'
import { hashOf, type Reader } from '@castellan/kernel'
import type * as z from 'zod'
import type { Database, Handle, Tenant } from '../database/index.ts'
import { append } from '../ledger/index.ts'
import { type Calls, createCalls, keyName, type Trial, tryOut } from './calls.ts'
import { checkBaseUrl, checkEmbeds, checkKey, checkKeyGiven, checkTier } from './checks.ts'
import { chooseModel } from './choice.ts'
import { discover } from './discover.ts'
import { type KnownModels, knownModels } from './known.ts'
import { isLocalModel, readerOf } from './local.ts'
import { deleteModel, loadModel, loadModels, type StoredModel, saveModel, updateModel } from './store.ts'
import type { Answer, Model, Prompt, ProviderFetch, Secrets, Texts, Vectors } from './types.ts'

type New = z.output<typeof NewModel>
type Patch = z.output<typeof ModelPatch>

export interface ModelsOptions {
  readonly database: Database
  readonly secrets: Secrets
  readonly providerFetch: ProviderFetch
  /** Where to look for Ollama; `http://127.0.0.1:11434` when absent. */
  readonly ollamaUrl?: string
  /** Told of a model that answered a test or was changed: its earlier failures say nothing of it any more. */
  readonly onMended?: (name: string) => void
}

export interface Models {
  list(tenant: Tenant): Promise<ModelView[]>
  /** Rejects with `bad_request` or `conflict`. */
  add(tenant: Tenant, model: New): Promise<ModelView>
  /** Rejects with `not_found`, or `bad_request`: a new base URL needs the key again. */
  patch(tenant: Tenant, name: string, change: Patch): Promise<ModelView>
  /** Forgets the model and its key. Rejects with `not_found`. */
  remove(tenant: Tenant, name: string): Promise<void>
  /** Asks for one word, through the same path as every call; a disabled model can be tried too. */
  test(tenant: Tenant, name: string): Promise<ModelTest>
  testCandidate(tenant: Tenant, candidate: New): Promise<ModelTest>
  discover(): Promise<Discovered>
  /** The enabled model for a tier, else the nearest, with what it is as a reader. Rejects with `no_model`. */
  choose(tenant: Tenant, tier?: Tier): Promise<Model & { readonly reader: Reader }>
  /**
   * Asks a model. The caller has decided that its reader may read the prompt. Rejects with `no_model` when it was
   * disabled or removed meanwhile, else as `streamAnswer` does.
   */
  answer(tenant: Tenant, name: string, prompt: Prompt): Promise<Answer>
  /** Has a model make vectors, under the same conditions. Rejects as `answer` does. */
  embed(tenant: Tenant, name: string, texts: Texts): Promise<Vectors>
  /** All that may be asked, the oldest first, each with what it is as a reader. */
  enabled(tenant: Tenant): Promise<(Model & { readonly reader: Reader })[]>
}

/** The models, given where they are stored, where their keys are, and the way out. */
export function createModels(options: ModelsOptions): Models {
  return new ConfiguredModels(options)
}

class ConfiguredModels implements Models {
  readonly #options: ModelsOptions
  readonly #calls: Calls
  readonly #known: KnownModels

  constructor(options: ModelsOptions) {
    this.#options = options
    this.#calls = createCalls(options.secrets, options.providerFetch)
    this.#known = knownModels((tenant) => loadModels(tenant, this.#handle(tenant)))
  }

  async list(tenant: Tenant): Promise<ModelView[]> {
    const models = await loadModels(tenant, this.#handle(tenant))
    return Promise.all(models.map((model) => this.#view(tenant, model)))
  }

  async add(tenant: Tenant, candidate: New): Promise<ModelView> {
    const { model, key } = checkCandidate(candidate)
    if ((await loadModel(tenant, this.#handle(tenant), model.name)) !== null) throw nameTaken(model.name)
    return this.#store(tenant, model, key, async (transaction) => {
      const saved = await saveModel(tenant, transaction, model)
      if (saved === null) throw nameTaken(model.name)
      await record(tenant, transaction, 'models.add', { ...facts(model), key: key !== '' })
      return saved
    })
  }

  async patch(tenant: Tenant, name: string, change: Patch): Promise<ModelView> {
    const old = await this.#load(tenant, name)
    const model = changed(old, change)
    const moved = model.baseUrl !== old.baseUrl
    if (moved && change.key === undefined && (await this.#options.secrets.has(tenant, keyName(name))))
      throw new CastellanError(
        'bad_request',
        'A new base URL needs the key again; the old key was not sent there.',
        { hint: 'Give the key together with the base URL.' },
      )
    const key = change.key === undefined ? undefined : checkKey(change.key)
    return this.#store(tenant, model, key, async (transaction) => {
      const saved = await updateModel(tenant, transaction, model)
      if (saved === null) throw unknownModel(name)
      await record(tenant, transaction, 'models.change', { ...facts(model), key: key !== undefined })
      this.#options.onMended?.(name)
      return saved
    })
  }

  async remove(tenant: Tenant, name: string): Promise<void> {
    await this.#load(tenant, name)
    await this.#options.secrets.unset(tenant, keyName(name))
    await this.#change(tenant, async (transaction) => {
      await deleteModel(tenant, transaction, name)
      await record(tenant, transaction, 'models.remove', { name })
    })
  }

  async test(tenant: Tenant, name: string): Promise<ModelTest> {
    const model = await this.#load(tenant, name)
    const result = await this.#try(tenant, model, {
      ask: (prompt) => this.#calls.ask(tenant, model, prompt),
      embed: (texts) => this.#calls.embed(tenant, model, texts),
    })
    if (result.ok) this.#options.onMended?.(name)
    return result
  }

  async testCandidate(tenant: Tenant, candidate: New): Promise<ModelTest> {
    const { model, key } = checkCandidate(candidate)
    return this.#try(tenant, model, {
      ask: (prompt) => this.#calls.askWith(key, model, prompt),
      embed: (texts) => this.#calls.embedWith(key, model, texts),
    })
  }

  discover(): Promise<Discovered> {
    return discover(this.#options.providerFetch, this.#options.ollamaUrl ?? 'http://127.0.0.1:11434')
  }

  async choose(tenant: Tenant, tier?: Tier): Promise<Model & { readonly reader: Reader }> {
    const model = chooseModel(await this.#known.of(tenant), tier)
    return { ...model, reader: readerOf(model) }
  }

  async enabled(tenant: Tenant): Promise<(Model & { readonly reader: Reader })[]> {
    const all = await this.#known.of(tenant)
    return all.filter((model) => model.enabled).map((model) => ({ ...model, reader: readerOf(model) }))
  }

  async answer(tenant: Tenant, name: string, prompt: Prompt): Promise<Answer> {
    return this.#calls.ask(tenant, await this.#enabled(tenant, name), prompt)
  }

  async embed(tenant: Tenant, name: string, texts: Texts): Promise<Vectors> {
    return this.#calls.embed(tenant, await this.#enabled(tenant, name), texts)
  }

  async #enabled(tenant: Tenant, name: string): Promise<Model> {
    const model = (await this.#known.of(tenant)).find((each) => each.name === name)
    if (model?.enabled === true) return model
    throw new CastellanError(
      'no_model',
      `The model ${name} has been disabled or removed; nothing was sent.`,
      { hint: 'Say it again: another model answers, if there is one.' },
    )
  }

  #handle(tenant: Tenant): Handle {
    return this.#options.database.as(tenant)
  }

  #transaction<T>(tenant: Tenant, work: (transaction: Handle) => Promise<T>): Promise<T> {
    return this.#options.database.as(tenant).transaction().execute(work)
  }

  async #change<T>(tenant: Tenant, work: (transaction: Handle) => Promise<T>): Promise<T> {
    try {
      return await this.#transaction(tenant, work)
    } finally {
      this.#known.forget(tenant)
    }
  }

  async #view(tenant: Tenant, model: Model): Promise<ModelView> {
    const { baseUrl, createdAt, ...rest } = model
    const has_key = await this.#options.secrets.has(tenant, keyName(model.name))
    return { ...rest, base_url: baseUrl, has_key, created_at: createdAt.toISOString() }
  }

  async #load(tenant: Tenant, name: string): Promise<Model> {
    // Only names that could exist: PostgreSQL fails on a NUL instead of finding nothing.
    const model = /^[a-z0-9-]+$/.test(name) ? await loadModel(tenant, this.#handle(tenant), name) : null
    if (model === null) throw unknownModel(name)
    return model
  }

  /** Takes the old key away first: at no moment may a key meet an endpoint it was not given for. */
  async #store(
    tenant: Tenant,
    model: StoredModel,
    key: string | undefined,
    write: (transaction: Handle) => Promise<Model>,
  ): Promise<ModelView> {
    const { secrets } = this.#options
    if (key !== undefined) await secrets.unset(tenant, keyName(model.name))
    const saved = await this.#change(tenant, write)
    if (key !== undefined && key !== '') await secrets.set(tenant, keyName(model.name), 'api-key', key)
    return this.#view(tenant, saved)
  }

  /** A try is a call like any other: words of ours leave the house, and that is recorded. */
  async #try(tenant: Tenant, model: StoredModel, trial: Trial): Promise<ModelTest> {
    const result = await tryOut(trial, model.tier)
    const { name, provider, baseUrl } = model
    const reader = readerOf({ name, local: isLocalModel(baseUrl, model.model) })
    const args = {
      name,
      provider,
      base_url: baseUrl,
      model: model.model,
      readers: [reader.name, ...reader.classes],
    }
    const outcome = result.ok ? 'done' : 'failed'
    await this.#transaction(tenant, (transaction) =>
      record(tenant, transaction, 'models.test', args, outcome),
    )
    return result
  }
}

/** A new model as it will be stored, and its key; the key is empty when it has none. */
function checkCandidate(candidate: New): { model: StoredModel; key: string } {
  const { name, provider, model, tier } = candidate
  const baseUrl = checkBaseUrl(provider, candidate.base_url)
  checkTier(tier, baseUrl, model)
  checkEmbeds(provider, tier)
  checkKeyGiven(provider, baseUrl, candidate.key)
  const key = candidate.key === undefined ? '' : checkKey(candidate.key)
  return { model: { name, provider, baseUrl, model, tier, enabled: true }, key }
}

function changed(old: Model, change: Patch): StoredModel {
  const { name, provider } = old
  const baseUrl = change.base_url === undefined ? old.baseUrl : checkBaseUrl(provider, change.base_url)
  const model = change.model ?? old.model
  const tier = change.tier ?? old.tier
  checkTier(tier, baseUrl, model)
  checkEmbeds(provider, tier)
  return { name, provider, baseUrl, model, tier, enabled: change.enabled ?? old.enabled }
}

type Facts = { [name: string]: Json }

function facts({ name, provider, baseUrl, model, tier, enabled }: StoredModel): Facts {
  return { name, provider, base_url: baseUrl, model, tier, enabled }
}

function record(tenant: Tenant, handle: Handle, what: string, args: Facts, outcome: string | null = null) {
  return append(handle, tenant, {
    ...{ kind: 'admin', run: null, step: null, principal: ['owner'], skill: what },
    ...{ decision: null, rules: [], argsHash: hashOf(args), outcome, body: { args } },
  })
}

function nameTaken(name: string): CastellanError {
  return new CastellanError('conflict', `There is a model named ${name} already; it was not changed.`, {
    hint: 'Choose another name, or change that model.',
  })
}

function unknownModel(name: string): CastellanError {
  return new CastellanError('not_found', `There is no model named ${JSON.stringify(name.slice(0, 60))}.`)
}
