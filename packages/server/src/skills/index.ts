/** The skills that come with the house. */
import type { Database } from '../database/index.ts'
import type { AnySkill } from '../invoke/index.ts'
import { sealedAsk, sealedReveal } from '../sealed/index.ts'
import { fileList, fileRead, fileWrite } from './files/index.ts'
import { fileLabels } from './files/store.ts'
import type { Workspaces } from './files/workspaces.ts'
import { memorySave, memorySearch, type ScopeOf } from './memory.ts'
import { ownerNotify } from './notify.ts'
import type { Egress } from './ports.ts'
import type { Reader } from './reading/reader.ts'
import { timeNow } from './time.ts'
import { feedFetch } from './web/feed.ts'
import { webFetch } from './web/fetch.ts'
import { httpPost } from './web/post.ts'

export { type FileLabels, fileLabels } from './files/store.ts'
export { removeWorkspaceFile, workspaceFileHolds, writeWorkspaceFile } from './files/workspace.ts'
export { openWorkspaces, placeOf, type Workspace, type Workspaces } from './files/workspaces.ts'
export type { ScopeOf } from './memory.ts'
export type { Egress, OutboundAnswer, OutboundRequest } from './ports.ts'
export { createReader, type Reader, type ReaderOptions } from './reading/reader.ts'

/** What the built-in skills are made over. */
export interface BuiltinPorts {
  readonly egress: Egress
  readonly reader: Reader
  readonly database: Database
  readonly workspaces: Workspaces
  readonly now: () => Date
  /** The owner's time zone (IANA); null for this machine's. */
  readonly timeZone: () => string | null
  readonly memoryScope: ScopeOf
}

/** All built-in skills, each made once. */
export function builtinSkills(ports: BuiltinPorts): AnySkill[] {
  const { egress, reader, database, workspaces } = ports
  const kept = fileLabels(database)
  return [
    webFetch(egress, reader),
    feedFetch(ports),
    httpPost(egress),
    fileRead(workspaces, kept),
    fileWrite(workspaces, kept),
    fileList(workspaces, kept),
    memorySave(database, ports.memoryScope),
    memorySearch(database, ports.memoryScope),
    ownerNotify(database),
    timeNow(ports.now, ports.timeZone),
    sealedReveal(),
    sealedAsk(),
  ]
}
