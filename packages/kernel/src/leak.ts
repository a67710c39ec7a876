/**
 * Finds secrets in what is about to leave.
 */

/** Bytes of a secret that texts of a run have held so far, by fingerprint; plain JSON, so that it can be stored. */
export type Seen = { readonly [fingerprint: string]: readonly (readonly [start: number, end: number])[] }

/** Fingerprints of secrets in all their encodings. Opaque; made by `leakIndex`. */
export interface LeakIndex {
  readonly names: readonly string[]
}
