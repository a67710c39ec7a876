/** Encrypted secrets: stored sealed, opened only inside the function that spends them. */
export { deriveKey } from './keys.ts'
export * from './vault.ts'
