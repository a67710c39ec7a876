/** The HTTP door for files that are to go with a message, mounted under /api behind the session guard. */
import { NewAttachment } from '@castellan/contracts'
import { Hono } from 'hono'
import { parseQuery, readFileBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { Attachments } from './index.ts'

/** Uploading one file. Its name stands in the query, since a header cannot carry every name and the log shows no queries. */
export function attachmentRoutes(attachments: Attachments): Hono<AppEnv> {
  return new Hono<AppEnv>().post('/attachments', async (c) => {
    const { name } = parseQuery(c, NewAttachment)
    const content = await readFileBody(c)
    return c.json(await attachments.store(c.get('identity'), { name, content }), 201)
  })
}
