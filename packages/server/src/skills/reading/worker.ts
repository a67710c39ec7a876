/** The thread in which foreign markup is taken apart: no environment, a memory limit, and ended when it takes too long. */
import { parentPort } from 'node:worker_threads'
import { readFeed } from './feed.ts'
import { readPage } from './page.ts'
import type { Job } from './reader.ts'
import { storableText } from './text.ts'

const port = parentPort
if (port === null) throw new TypeError('worker.ts is started by reader.ts')
port.on('message', (job: Job) => {
  port.postMessage(storable(job.kind === 'page' ? readPage(job.text, job.url) : readFeed(job.text, job.url)))
})

/** Entities can spell characters that JSON in PostgreSQL refuses. */
function storable<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, each) =>
    typeof each === 'string' ? storableText(each) : each,
  )
}
