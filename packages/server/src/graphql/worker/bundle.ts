/**
 * One statement together with the role and claims it runs under, sent at once and ended by one Sync: PostgreSQL takes what
 * comes before a Sync as one transaction, so settings that hold for a transaction hold for exactly this statement.
 */
import pg from 'pg'

/** What pg's Query does beyond its declared type; these are the calls by which a client hands messages to it. */
interface Messages {
  submit(connection: pg.Connection): Error | null
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: pg.Connection): void
  once(event: 'end', heard: (result: pg.QueryArrayResult) => void): this
  once(event: 'error', heard: (error: Error) => void): this
}

const Query = pg.Query as unknown as new (config: pg.QueryArrayConfig) => Messages

const settings = {
  name: 'castellan_settings',
  text: 'select set_config(key, value, true) from json_each_text($1::json)',
}

/** Prepares a connection for bundles, before anything else is asked on it. */
export function prepareSettings(client: pg.PoolClient): void {
  client.query({ ...settings, values: ['{}'] }).catch(() => {})
}

/** The statement that opens a transaction of several statements with settings. */
export function settingsQuery(json: string): pg.QueryConfig {
  return { ...settings, values: [json] }
}

/** Sends a statement under settings, as JSON; rejects with PostgreSQL's first error, and then nothing was done. */
export function sendBundle(
  client: pg.PoolClient,
  json: string,
  config: pg.QueryArrayConfig,
): Promise<pg.QueryArrayResult> {
  return new Promise((resolve, reject) => {
    const bundle = new Bundle(json, config)
    bundle.once('end', resolve)
    bundle.once('error', reject)
    client.query(bundle as unknown as pg.Submittable)
  })
}

class Bundle extends Query {
  readonly #settings: string
  #isSet = false

  constructor(json: string, config: pg.QueryArrayConfig) {
    super(config)
    this.#settings = json
  }

  override submit(connection: pg.Connection): Error | null {
    connection.stream.cork()
    try {
      connection.bind({ statement: settings.name, values: [this.#settings] }, true)
      connection.execute({}, true)
      return super.submit(connection)
    } finally {
      connection.stream.uncork()
    }
  }

  override handleDataRow(message: unknown): void {
    if (this.#isSet) super.handleDataRow(message)
  }

  override handleCommandComplete(message: unknown, connection: pg.Connection): void {
    if (this.#isSet) super.handleCommandComplete(message, connection)
    this.#isSet = true
  }
}
