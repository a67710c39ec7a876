/** Somebody in front of a whole house, without a browser: keeps cookies as one does and sends what its pages send. */

/** One browser's worth of cookies. */
export class Seat {
  #url: string
  readonly #cookies = new Map<string, string>()

  constructor(url: string) {
    this.#url = url
  }

  /** Goes on with the same cookies where the house is open now. */
  moveTo(url: string): void {
    this.#url = url
  }

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(this.#url + path, {
      method,
      headers: { origin: this.#url, cookie, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    for (const each of answer.headers.getSetCookie()) {
      const [pair = ''] = each.split(';')
      const at = pair.indexOf('=')
      if (pair.length === at + 1) this.#cookies.delete(pair.slice(0, at))
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }

  /** The status of the answer. */
  post = async (path: string, body: unknown = {}) => (await this.send('POST', path, body)).status
  /** The status of the answer. */
  put = async (path: string, body: unknown) => (await this.send('PUT', path, body)).status
  status = async (path: string) => (await this.send('GET', path)).status
  /** The JSON of the answer, whatever its status. */
  get = async (path: string): Promise<unknown> => (await this.send('GET', path)).json()
  /** The JSON of the answer to what was sent, whatever its status. */
  ask = async (path: string, body: unknown = {}): Promise<unknown> =>
    (await this.send('POST', path, body)).json()
}
