/** Makes something wait at a named place until a test lets it go on: the moment in which a test does its worst. */

export interface Held {
  /** Resolves when somebody has come to the place. */
  readonly reached: Promise<void>
  release(): void
}

interface Place extends Held {
  readonly arrive: () => void
  readonly released: Promise<void>
}

export class Gate {
  readonly #places = new Map<string, Place>()

  /** The next one who comes to the place waits there. */
  hold(name: string): Held {
    const reached = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const place = {
      reached: reached.promise,
      arrive: reached.resolve,
      release: released.resolve,
      released: released.promise,
    }
    this.#places.set(name, place)
    return place
  }

  /** Goes past the place, at once or when released. */
  async pass(name: string): Promise<void> {
    const place = this.#places.get(name)
    if (place === undefined) return
    this.#places.delete(name)
    place.arrive()
    await place.released
  }
}
