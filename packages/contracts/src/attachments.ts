/** Files that the owner sends along with a message: what is uploaded, what a message names, what its line shows. */
import * as z from 'zod'

/** Bytes that one attachment may have. */
export const maxAttachmentBytes = 10_485_760
/** Attachments that one message may have. */
export const maxAttachments = 10

/** Where an attachment lies in the workspace. The house chose every character of it, so it says nothing of its sender's. */
export const AttachmentPath = z
  .string()
  .regex(/^inbox\/\d{4}-\d{2}-\d{2}-\d{1,9}\.[a-z0-9]{1,5}$/, 'use a path that an upload has answered')

/** One file that came with a message. */
export const Attachment = z.strictObject({
  path: AttachmentPath,
  /** What the file was called where it came from: foreign text, without a path, on one line. */
  name: z.string(),
  bytes: z.int(),
})
export type Attachment = z.infer<typeof Attachment>

/**
 * POST /api/attachments?name=… → Attachment (201). The body is the file's content as `application/octet-stream`. A file
 * whose message is not sent within a day is removed.
 */
export const NewAttachment = z.strictObject({ name: z.string().max(10_000).default('') })

/** Paths that uploads have answered, none twice. */
export const AttachmentPaths = z
  .array(AttachmentPath)
  .max(maxAttachments, `at most ${maxAttachments} attachments`)
  .refine((paths) => new Set(paths).size === paths.length, 'no attachment twice')
