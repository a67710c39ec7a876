/** The browser's side of passkeys: asking it to make or show one, and its refusals in plain words. */
import { CastellanError, type PasskeyOptions } from '@castellan/contracts'
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser'

type CreationOptions = Parameters<typeof startRegistration>[0]['optionsJSON']
type RequestOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']

/** Whether this browser, at this address, can use passkeys at all. */
export const canUsePasskeys = (): boolean => window.isSecureContext && browserSupportsWebAuthn()

/** Whether it offers them by itself where a name is typed. */
export const canOfferPasskeys = async (): Promise<boolean> =>
  canUsePasskeys() && (await browserSupportsWebAuthnAutofill())

/** Has the browser make one; rejects with words for the person. */
export const makePasskey = (options: PasskeyOptions) =>
  inWords(() => startRegistration({ optionsJSON: options as unknown as CreationOptions }))

/** Has the browser show one; with `quietly` it offers them in the field where a name is typed, and waits. */
export const showPasskey = (options: PasskeyOptions, { quietly = false } = {}) =>
  inWords(() =>
    startAuthentication({ optionsJSON: options as unknown as RequestOptions, useBrowserAutofill: quietly }),
  )

/** Takes back what the browser was asked. */
export const cancelPasskey = (): void => WebAuthnAbortService.cancelCeremony()

const inWords = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (cause) {
    throw refusalOf(cause)
  }
}

const refusalOf = (cause: unknown): CastellanError => {
  const { name = '', code = '' } = cause as { name?: string; code?: string }
  if (name === 'InvalidStateError' || code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') {
    return new CastellanError('conflict', 'This device holds a passkey of yours for this house already.', {
      cause,
    })
  }
  return new CastellanError('passkey_refused', 'No passkey was shown. Nothing was changed.', {
    hint: 'Try again. Your device has to recognise you, by fingerprint, face or PIN.',
    cause,
  })
}
