/** What the HTTP layer says to the operator. A pino logger is one. */

/** Where facts about failures go; never a secret, a cookie or a body. */
export interface Log {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}
