/** Files that are to go with a message that is being written: uploaded at once, kept by conversation while the page lives. */
import { CastellanError, maxAttachmentBytes, maxAttachments } from '@castellan/contracts'
import { useSyncExternalStore } from 'react'
import { conversations } from '../api.ts'

/** One file beside the message. It goes along once it has a path. */
export interface Attached {
  readonly key: string
  readonly name: string
  readonly bytes: number
  readonly path: string | null
  /** Why it cannot go along; null while that is not known. */
  readonly problem: string | null
}

const none: readonly Attached[] = []
const kept = new Map<string, readonly Attached[]>()
const listeners = new Set<() => void>()

const change = (place: string, next: readonly Attached[]): void => {
  kept.set(place, next)
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const why = (error: unknown): string =>
  error instanceof CastellanError ? error.message : 'It could not be uploaded.'

const upload = async (place: string, key: string, file: File): Promise<void> => {
  const settle = (end: Partial<Attached>): void =>
    change(
      place,
      (kept.get(place) ?? none).map((each) => (each.key === key ? { ...each, ...end } : each)),
    )
  if (file.size > maxAttachmentBytes) return settle({ problem: 'Over 10 MiB. Nothing of it was stored.' })
  await conversations.attach(file).then(
    ({ path, name }) => settle({ path, name }),
    (error: unknown) => settle({ problem: why(error) }),
  )
}

/** Puts files beside the message of a place and sends them to the house; those beyond the limit are said to be. */
export const attach = (place: string, files: readonly File[]): void => {
  const before = kept.get(place) ?? none
  const fresh = files.map((file, n) => ({
    key: crypto.randomUUID(),
    name: file.name,
    bytes: file.size,
    path: null,
    problem: before.length + n < maxAttachments ? null : `Only ${maxAttachments} files go with one message.`,
  }))
  change(place, [...before, ...fresh])
  for (const [n, { key, problem }] of fresh.entries()) {
    const file = files[n]
    if (file !== undefined && problem === null) void upload(place, key, file)
  }
}

/** Takes a file off; an upload that no message has is removed by the house after a day. */
export const detach = (place: string, key: string): void =>
  change(
    place,
    (kept.get(place) ?? none).filter((each) => each.key !== key),
  )

/** Takes all files off, once they are sent. */
export const detachAll = (place: string): void => change(place, none)

/** The files beside the message of a place. */
export const useAttached = (place: string): readonly Attached[] =>
  useSyncExternalStore(subscribe, () => kept.get(place) ?? none)
