/** `GET /api/health`: what `castellan status` and `castellan doctor` show. */
import { Hono } from 'hono'
import type { AppEnv } from '../http/env.ts'
import { healthOf, type Patient } from './doctor.ts'

/** GET /health. */
export function healthRoutes(patient: Patient): Hono<AppEnv> {
  return new Hono<AppEnv>().get('/health', async (c) => c.json(await healthOf(patient)))
}
