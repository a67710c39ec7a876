/** Reading an authorization request (RFC 6749, section 4.1.1, with PKCE S256 of RFC 7636 as a must): a pure decision. */
import type { AuthorizationRequest, ClientView, OAuthError, Scope } from '@castellan/contracts'
import { isRegistered } from './redirects.ts'
import { parseScopes } from './roles.ts'

/** What was asked for, once everything about it is right. */
export interface Asked {
  readonly client: ClientView
  readonly redirectUri: string
  readonly challenge: string
  readonly scopes: readonly Scope[]
  readonly state: string | undefined
}

type Code = OAuthError['error']

/**
 * `stay`: who asks or where the answer would go is wrong, so nothing is ever sent there; a person is told. `tell`: the
 * app is told at its registered address.
 */
export type Reading =
  | { readonly kind: 'asked'; readonly asked: Asked }
  | { readonly kind: 'stay'; readonly why: string }
  | { readonly kind: 'tell'; readonly redirectUri: string; readonly error: Code; readonly why: string }

/** Reads a request of a client; `client` is undefined when none has that id. */
export function readRequest(request: AuthorizationRequest, client: ClientView | undefined): Reading {
  if (client === undefined) return { kind: 'stay', why: 'No app of that name is registered here.' }
  const { redirect_uri: redirectUri, state } = request
  if (redirectUri === undefined || !isRegistered(redirectUri, client.redirect_uris)) {
    return {
      kind: 'stay',
      why: `${client.name} is not registered with the address it wants to be answered at.`,
    }
  }
  const tell = (error: Code, why: string): Reading => ({ kind: 'tell', redirectUri, error, why })
  if (request.response_type !== 'code') {
    return tell('unsupported_response_type', 'response_type must be code')
  }
  const challenge = request.code_challenge ?? ''
  if (request.code_challenge_method !== 'S256' || !/^[\w-]{43}$/.test(challenge)) {
    return tell('invalid_request', 'PKCE is needed: code_challenge with code_challenge_method=S256')
  }
  const scopes = parseScopes(request.scope ?? 'read')
  if (scopes === undefined) return tell('invalid_scope', 'an unknown scope, or one given twice')
  return { kind: 'asked', asked: { client, redirectUri, challenge, scopes, state } }
}
