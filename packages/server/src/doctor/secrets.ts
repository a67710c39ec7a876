/** Findings about the secrets of `.env.secrets`, which never name a value. */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Finding } from '@castellan/contracts'
import type { Configuration } from '../configuration/index.ts'
import { ok, problem, warning } from './finding.ts'

const inSecrets = 'put a longer random value into .env.secrets and start again'

/** Whether the passwords and keys are there and hard to guess. */
export function examineSecrets({ boot }: Configuration): Finding[] {
  const roles = [
    boot.CASTELLAN_APP_PASSWORD,
    boot.CASTELLAN_MIGRATE_PASSWORD,
    boot.CASTELLAN_API_PASSWORD,
    boot.CASTELLAN_DATA_PASSWORD,
  ]
  return [
    adminPassword(boot.ADMIN_PASSWORD),
    isVaried(boot.SECRET_KEY_BASE ?? '', 16)
      ? ok('secrets.key', 'SECRET_KEY_BASE is long and varied')
      : problem(
          'secrets.key',
          'SECRET_KEY_BASE can be guessed',
          'it repeats few characters; every stored secret is encrypted with it',
          'unset the stored secrets, put a random value into .env.secrets, start again and store them anew',
        ),
    new Set(roles).size === roles.length && roles.every((each) => isVaried(each ?? '', 8))
      ? ok('secrets.roles', 'each database role has a password of its own')
      : warning(
          'secrets.roles',
          'database roles share a password or have a weak one',
          'one that leaks opens the others',
          inSecrets,
        ),
  ]
}

function adminPassword(password: string | null): Finding {
  const id = 'secrets.admin'
  if (password === null) {
    return problem(
      id,
      'nobody can sign in',
      'ADMIN_PASSWORD is not set',
      'set ADMIN_PASSWORD in .env.secrets and start again',
    )
  }
  if (password.length >= 12 && isVaried(password, 6)) return ok(id, 'ADMIN_PASSWORD is set and long enough')
  return warning(id, 'ADMIN_PASSWORD is weak', 'it is shorter than 12 characters or repeats few', inSecrets)
}

function isVaried(text: string, least: number): boolean {
  return new Set(text).size >= least
}

const daysBefore = 14

/** Whether the certificate of the listener is valid; no finding where there is none. */
export async function examineCertificate({ boot }: Configuration, now: number): Promise<Finding[]> {
  if (boot.TLS_CERT_FILE === null) return []
  const id = 'tls.certificate'
  const fix = 'renew the certificate that TLS_CERT_FILE names and start again'
  const text = await readFile(boot.TLS_CERT_FILE).catch(() => null)
  if (text === null)
    return [problem(id, 'the certificate cannot be read', 'TLS_CERT_FILE names no readable file', fix)]
  const ends = Date.parse(new X509Certificate(text).validTo)
  const days = Math.floor((ends - now) / 86_400_000)
  if (days < 0) return [problem(id, 'the certificate has expired', `${-days} days ago`, fix)]
  if (days < daysBefore) return [warning(id, 'the certificate expires soon', `in ${days} days`, fix)]
  return [ok(id, `the certificate is valid for ${days} days`)]
}
