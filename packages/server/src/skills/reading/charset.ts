/** Bytes from the web to text: by byte order mark, header, or what the document itself says, else UTF-8. */

/** Decodes a body. Unknown names and damaged bytes never fail; they show as replacement characters. */
export function decodeText(body: Buffer, contentType: string): string {
  const named = /charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1] ?? declaredInside(body)
  const label = bom(body) ?? named ?? 'utf-8'
  return decoderFor(label).decode(body)
}

function bom(body: Buffer): string | null {
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be'
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le'
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 'utf-8' : null
}

/** `<meta charset=…>` or `<?xml … encoding="…"?>` within the first kilobyte, where HTML says it must stand. */
function declaredInside(body: Buffer): string | undefined {
  const head = body.subarray(0, 1024).toString('latin1')
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)|<\?xml[^>]{0,200}encoding\s*=\s*["']([\w-]+)/i
    .exec(head)
    ?.slice(1)
    .find((name) => name !== undefined)
}

function decoderFor(label: string) {
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder('utf-8')
  }
}
