/** Imported before everything else by main.tsx: the token must be gone from the address before any other module looks at it. */
import { takeToken } from './token.ts'

takeToken()
