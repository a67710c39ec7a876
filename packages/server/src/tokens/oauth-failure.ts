/** A failure in the words of OAuth (RFC 6749, section 5.2), which apps' libraries read; our own form they do not know. */
import type { OAuthError } from '@castellan/contracts'

/** Thrown by what serves /auth/token and /auth/revoke; the description is for the app's developer. */
export class OAuthFailure extends Error {
  readonly code: OAuthError['error']

  constructor(code: OAuthError['error'], description: string) {
    super(description)
    this.name = 'OAuthFailure'
    this.code = code
  }

  /** The answer; 401 would ask for a client password that no app of ours has. */
  get body(): OAuthError {
    return { error: this.code, error_description: this.message }
  }
}
