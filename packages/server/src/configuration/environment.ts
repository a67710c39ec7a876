/** The only reader of the process environment in this repository; everyone else is handed values. */

/** A copy of the environment, without a prototype. */
export function readEnvironment(): Readonly<Record<string, string>> {
  return Object.freeze(Object.assign(Object.create(null), process.env))
}
