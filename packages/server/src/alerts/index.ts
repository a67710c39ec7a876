/** What a person should look at: raised where it happens, shown in "Waiting for you" until it was seen. */
export { type NewAlert, raise } from './raise.ts'
export { alertRoutes } from './routes.ts'
export { watchAlerts } from './watch.ts'
