/** The embedded PostgreSQL. */
export {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  runAsStoppedSuperuser,
  startEmbeddedPostgres,
} from './embedded.ts'
export { type Postgres, startPostgres } from './start.ts'
