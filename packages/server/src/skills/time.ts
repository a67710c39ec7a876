/** `time.now`: the date and time, in any time zone. */
import { labelAt, systemLabel } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, skill } from '../invoke/index.ts'

const Args = z.strictObject({
  timezone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'use a name such as Europe/Berlin or UTC')
    .optional()
    .describe('IANA name, e.g. Europe/Berlin; that of the owner when absent.'),
})

/** Makes the skill over a clock and the owner's time zone. */
export function timeNow(now: () => Date, ownZone: () => string | null): AnySkill {
  return skill<z.infer<typeof Args>>({
    name: 'time.now',
    summary: 'The current date, time and weekday.',
    effect: 'read',
    args: Args,
    roles: { timezone: 'option' },
    output: () => systemLabel,
    branches: ['success'],
    repeat: 'safe',
    deadlineMs: 1_000,
    perMinute: 60,
    says: () => 'look at the clock',
    async run(args, { labels }) {
      const timezone = args.timezone ?? usable(ownZone())
      const at = now()
      const value = { utc: at.toISOString(), timezone, ...localTime(at, timezone) }
      const asked = args.timezone === undefined ? systemLabel : labelAt(labels, '/timezone')
      return { branch: 'success', value, labels: { '': systemLabel, '/timezone': asked } }
    },
  })
}

function usable(own: string | null): string {
  return own !== null && isTimeZone(own) ? own : new Intl.DateTimeFormat().resolvedOptions().timeZone
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null
  } catch {
    return false
  }
}

/** ISO 8601 with offset, and the weekday, as a clock on the wall there shows them. */
function localTime(at: Date, timeZone: string): { local: string; weekday: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    weekday: 'long',
    timeZoneName: 'longOffset',
  }).formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00'
  const date = `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
  return {
    local: `${date}T${part('hour')}:${part('minute')}:${part('second')}${offset}`,
    weekday: part('weekday'),
  }
}
