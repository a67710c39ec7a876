/** A vault for tests: it remembers what was lent and to whom nothing was. */
import { CastellanError } from '@castellan/contracts'
import type { Tenant } from '../database/index.ts'
import type { Secrets } from './types.ts'

export class FakeSecrets implements Secrets {
  readonly values = new Map<string, string>()
  /** Names in the order they were spent. */
  readonly spent: string[] = []

  async has(_tenant: Tenant, name: string): Promise<boolean> {
    return this.values.has(name)
  }

  async set(_tenant: Tenant, name: string, _kind: 'api-key', value: string): Promise<void> {
    this.values.set(name, value)
  }

  async unset(_tenant: Tenant, name: string): Promise<boolean> {
    return this.values.delete(name)
  }

  async spend<T>(_tenant: Tenant, name: string, use: (value: string) => Promise<T>): Promise<T> {
    const value = this.values.get(name)
    if (value === undefined) throw new CastellanError('not_found', `There is no secret named ${name}.`)
    this.spent.push(name)
    return use(value)
  }
}
