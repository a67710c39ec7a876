/** Builds the admin UI. The server chooses the output directory and fills in the nonce per answer. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: { target: 'es2024', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
})
