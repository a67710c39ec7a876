/** A browser's long name made short. Pure; a guess for the eye, the whole text stands in the title. */

const browsers: readonly [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/(Headless)?Chrome\//, 'Chrome'],
  [/Version\/.*Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
]
const systems: readonly [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

const firstOf = (rows: readonly [RegExp, string][], text: string): string | undefined =>
  rows.find(([pattern]) => pattern.test(text))?.[1]

/** "Firefox on Linux", or the beginning of what it calls itself. */
export const browserInWords = (userAgent: string): string => {
  const browser = firstOf(browsers, userAgent)
  const system = firstOf(systems, userAgent)
  if (browser === undefined) return userAgent === '' ? 'An unnamed browser' : userAgent.slice(0, 60)
  return system === undefined ? browser : `${browser} on ${system}`
}
