/** What Castellan remembers between conversations. */
export { memoryRoutes } from './routes.ts'
export {
  forgetMemory,
  type Memory,
  type MemoryQuery,
  type NewMemory,
  saveMemory,
  searchMemories,
} from './store.ts'
