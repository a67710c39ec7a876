/** Files that go with a message from the terminal: read here, uploaded, named to the server by where it put them. */
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Attachment, CastellanError, maxAttachmentBytes, maxAttachments } from '@castellan/contracts'
import type { Client } from './client.ts'

/** Uploads files and gives back their paths in the workspace. Nothing is uploaded unless all of them can be read. */
export async function attach(client: Client, files: readonly string[]): Promise<string[]> {
  if (files.length > maxAttachments) {
    throw new CastellanError(
      'too_large',
      `only ${maxAttachments} files go with one message; nothing was sent`,
    )
  }
  const contents = await Promise.all(files.map(contentOf))
  const paths: string[] = []
  for (const [n, content] of contents.entries()) {
    const name = encodeURIComponent(
      basename(files[n] ?? '')
        .slice(-200)
        .toWellFormed(),
    )
    paths.push((await client.upload(`/api/attachments?name=${name}`, content, Attachment)).path)
  }
  return paths
}

async function contentOf(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // Looked at first: reading a pipe or a device might never end.
    const found = await stat(file)
    if (!found.isFile()) throw new CastellanError('bad_request', `${file} is not a file; nothing was sent`)
    if (found.size > maxAttachmentBytes) {
      throw new CastellanError('too_large', `${file} is over 10 MiB; nothing was sent`)
    }
    return new Uint8Array(await readFile(file))
  } catch (cause) {
    if (cause instanceof CastellanError) throw cause
    throw new CastellanError('bad_request', `${file} cannot be read; nothing was sent`, { cause })
  }
}
