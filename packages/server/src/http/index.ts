/** How the house is reached: guards, the application they stand before, live events, the socket. */
export { type AppParts, createApp, type ServePages } from './app.ts'
export { type Authority, authorities, mayAsk } from './authority.ts'
export { parseBody, parseQuery } from './body.ts'
export {
  type AppEnv,
  type Identity,
  type Principal,
  principalOf,
  type RequestOrigin,
  type Speaker,
  type Who,
} from './env.ts'
export type { Claim, Identify } from './guards.ts'
export type { Hosts } from './hosts.ts'
export { type Fetch, type Listener, type ListenOptions, listen } from './listener.ts'
export type { Log } from './log.ts'
export { type Gauge, type Metrics, makeMetrics } from './metrics.ts'
export { isOpen, isPage, machinePrefixes, type OpenRoute, openRoutes } from './open.ts'
export { loadPages } from './pages.ts'
export {
  type Audience,
  type EventHub,
  type EventListener,
  type EventStream,
  eventHub,
  eventStream,
  type Hearer,
  type StreamOptions,
} from './sse.ts'
export { prepareUi, type UiOptions } from './ui.ts'
export { answerWhole, type WholeAnswer } from './whole.ts'
