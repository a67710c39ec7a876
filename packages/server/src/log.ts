/** The operator's log: JSON lines on stderr, without secrets, whether they stand under a telling name or by their value. */
import { type LeakIndex, redacted, redactValue, withoutValues } from '@castellan/kernel'
import pino, { type DestinationStream, type LevelWithSilent, type Logger } from 'pino'

export interface LogOptions {
  readonly level: LevelWithSilent
  /** Fingerprints of the values that must not appear; asked for every line, as secrets come and go. */
  readonly indexes?: () => readonly LeakIndex[]
  /** Where lines go; stderr unless a test says otherwise. */
  readonly to?: DestinationStream
}

/** A pino logger that redacts everything it is given, its children's bindings included. */
export function createLog({ level, indexes = () => [], to }: LogOptions): Logger {
  const clean = (value: unknown) => redactValue(value, indexes())
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // redactValue has made plain data of errors already; pino's own serializer would read them afresh.
      serializers: { err: (value: unknown) => value },
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        logMethod(given, method) {
          const [first, ...rest] = given.map((each) =>
            each instanceof Error ? { err: clean(each) } : clean(each),
          )
          method.apply(this, [first, ...rest] as Parameters<typeof method>)
        },
        // What came together only in the finished line, e.g. by format specifiers.
        streamWrite(line) {
          const kept = withoutValues(line, indexes())
          return kept === redacted ? `{"level":"warn","msg":"${redacted}"}\n` : kept
        },
      },
    },
    // Synchronous: the last line before a crash is the one that matters.
    to ?? pino.destination({ dest: 2, sync: true }),
  )
  // pino keeps its formatter of bindings from children. They inherit this method, so it holds for theirs as well.
  const child = log.child
  log.child = function redactedChild(this: Logger, bindings: object, ...rest) {
    return child.call(this, clean(bindings) as object, ...rest)
  } as typeof log.child
  return log
}
