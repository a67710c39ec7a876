/** Findings: what is wrong with an instance, why, and what to do. */
export { examineRunning, examineStopped, healthOf, type Patient } from './doctor.ts'
export { type Footprint, measureFootprint } from './footprint.ts'
export { healthRoutes } from './routes.ts'
