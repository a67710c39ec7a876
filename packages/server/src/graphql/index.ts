/** GraphQL over the owner's own tables, answered by a worker process of its own. */
export { openCatalog } from './catalog.ts'
export { roleHeader, roleOf, settingsOf } from './claims.ts'
export {
  answerLimit,
  bodyLimit,
  type Envelope,
  type Limits,
  readyTarget,
  type WorkerConfig,
} from './envelope.ts'
export { type Keeper, type KeeperOptions, makeKeeper } from './keeper.ts'
export type { DataSource, StartWorker, WorkerProcess } from './ports.ts'
export { rememberedMs, remembering, type WatchSession } from './remembered.ts'
export { type GraphqlParts, graphqlRoutes, internalGraphqlRoutes } from './routes.ts'
