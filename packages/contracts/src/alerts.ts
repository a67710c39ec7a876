/** Alerts as the API carries them: what a person should look at, shown in "Waiting for you" until they have seen it. */
import * as z from 'zod'

/** A fact beside the sentence. A text may be foreign (a name, an address): show it verbatim, never as words of ours. */
export const AlertFact = z.union([z.string().max(500), z.number(), z.boolean()])
export type AlertFact = z.infer<typeof AlertFact>

/** What happened, e.g. `pairing.blocked`; programs switch on it. */
export const AlertKind = z.string().regex(/^[a-z_]+\.[a-z_]+$/)

/** GET /api/alerts → AlertList; POST /api/alerts/:id/seen → AlertView. */
export const AlertView = z.strictObject({
  id: z.uuid(),
  kind: AlertKind,
  /** One or two plain sentences of ours. */
  sentence: z.string(),
  facts: z.record(z.string(), AlertFact),
  /** How often the same happened since it was last seen. */
  times: z.number().int(),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  seen_at: z.iso.datetime().nullable(),
})
export type AlertView = z.infer<typeof AlertView>

/** The asker's own: those not seen yet, newest first; with `?seen=true` those seen, up to 90 days old. */
export const AlertList = z.strictObject({
  alerts: z.array(AlertView),
  /** All of that sort; the list holds the newest hundred. */
  total: z.number().int(),
})
export type AlertList = z.infer<typeof AlertList>
