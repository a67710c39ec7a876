/** Signed statements of what the head of a chain was. */

/** "At this time the chain had this head", signed. */
export interface Checkpoint {
  readonly v: 1
  readonly tenant: string
  readonly seq: number
  readonly hash: string
  /** Rows up to and with the head. */
  readonly count: number
  readonly at: string
  /** Id of the public key: the first 16 hex digits of the SHA-256 of its 32 bytes. */
  readonly key: string
  /** Ed25519 over the RFC 8785 JSON of the members above but `key`, base64. */
  readonly signature: string
}
