/** The `castellan` command. */
export { castellan, main } from './main.ts'
