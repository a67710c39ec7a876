/** Undoes the content encoding of an answer without trusting it: one layer, bounded output, bounded windows. */
import { promisify } from 'node:util'
import { brotliDecompress, constants, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib'
import { CastellanError } from '@castellan/contracts'

/** What egress tells servers it can undo. */
export const acceptedEncodings = 'gzip, deflate, br, zstd'

/** HTTP's zstd may ask for a window of 8 MB and no more (RFC 9659). */
const zstdWindow = { params: { [constants.ZSTD_d_windowLogMax]: 23 } }

/** The decompressed body; `too_large` above `maxBytes`, `outside_failed` for data that does not decompress. */
export async function decode(
  body: Buffer,
  encoding: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const name = encoding.trim().toLowerCase()
  if (name === '' || name === 'identity' || body.length === 0) return body
  // Layers multiply: gzip within gzip turns kilobytes into gigabytes before the outermost limit is met.
  const undo = decoders[name]
  if (undo === undefined)
    throw new CastellanError('outside_failed', 'The answer is packed in a way Castellan does not read.')
  try {
    const decoded = await undo(body, maxBytes)
    signal.throwIfAborted()
    return decoded
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw new CastellanError('too_large', `Unpacked, the answer is over ${maxBytes / 1e6} MB.`, {
        cause: error,
      })
    throw new CastellanError('outside_failed', 'The answer is damaged: it does not unpack.', { cause: error })
  }
}

type Decoder = (body: Buffer, maxOutputLength: number) => Promise<Buffer>

const unzip: Decoder = (body, maxOutputLength) => promisify(gunzip)(body, { maxOutputLength })

const decoders: Readonly<Record<string, Decoder>> = Object.freeze(
  Object.assign(Object.create(null) as Record<string, Decoder>, {
    gzip: unzip,
    'x-gzip': unzip,
    // "deflate" means zlib's format, but some servers send the bare stream (RFC 9110, section 8.4.1.2).
    deflate: (body, maxOutputLength) =>
      promisify(((body[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw)(body, { maxOutputLength }),
    br: (body, maxOutputLength) => promisify(brotliDecompress)(body, { maxOutputLength }),
    zstd: (body, maxOutputLength) => promisify(zstdDecompress)(body, { ...zstdWindow, maxOutputLength }),
  } satisfies Record<string, Decoder>),
)
