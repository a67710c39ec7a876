/** Encrypted secrets: stored sealed, opened only inside the function that spends them. */
export type { VaultCheck } from './key-check.ts'
export { deriveKey } from './keys.ts'
export { createLeakScan } from './leaks.ts'
export { kindOf, secretRoutes } from './routes.ts'
export { openVault, type SecretKind, type Vault, type VaultOptions } from './vault.ts'
