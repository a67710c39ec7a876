/** What the built-in skills need from outside; adapters implement it and main.ts joins them. */

/** One HTTP request to the outside. */
export interface OutboundRequest {
  readonly method: 'GET' | 'HEAD' | 'POST'
  /** http or https, without user name and password. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly signal: AbortSignal
  /** `same-host` follows up to 5 redirects on the same host; those to elsewhere and those of a POST are never followed. */
  readonly redirects: 'same-host' | 'none'
  /** Most bytes taken from the wire; 5 MB when absent. */
  readonly maxBytes?: number
  /** Most bytes after decompression; 20 MB when absent. */
  readonly maxDecodedBytes?: number
  /** Time for everything, redirects included; 30 s when absent. */
  readonly deadlineMs?: number
}

/** What came back, decompressed. */
export interface OutboundAnswer {
  readonly status: number
  /** Lower-case names; values of repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** The URL that answered. */
  readonly url: string
  readonly body: Buffer
  /** The URLs that were visited before `url`, in order. */
  readonly redirects: readonly string[]
  /** Where a redirect that was not followed leads; null when there was none. Untrusted. */
  readonly redirectedTo: string | null
}

/** The only way of a skill to the network. */
export interface Egress {
  /**
   * Rejects with `bad_request`, `address_refused`, `outside_failed` or `too_large`; with the signal's reason when aborted.
   * `details.sent` is false when the request certainly did not leave; `details.status` is there when it was answered.
   */
  request(request: OutboundRequest): Promise<OutboundAnswer>
}
