/** Apple's client secret: a JWT of a few minutes, signed with the key that the owner keeps in the vault. */
import { CastellanError } from '@castellan/contracts'
import { importPKCS8, SignJWT } from 'jose'
import type { Fields } from './row.ts'

/** Makes one for this exchange; throws `bad_request` for a key that is none. */
export async function appleSecret(
  key: string,
  client: { readonly clientId: string; readonly fields: Fields; readonly issuer: string },
  now: number,
): Promise<string> {
  const { team_id = '', key_id = '' } = client.fields
  const seconds = Math.floor(now / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: key_id })
    .setIssuer(team_id)
    .setSubject(client.clientId)
    .setAudience(client.issuer)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 300)
    .sign(await parseKey(key))
}

async function parseKey(key: string) {
  try {
    return await importPKCS8(key, 'ES256')
  } catch (cause) {
    throw new CastellanError('bad_request', 'That is not the private key that Apple gave out.', {
      hint: 'Paste the whole file AuthKey_….p8, with its first and last line.',
      cause,
    })
  }
}
