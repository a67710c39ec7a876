/** Light, dark or as the system; roomy or compact rows. Kept in this browser only. */
import { useMantineColorScheme } from '@mantine/core'
import { useState } from 'react'
import { Glyph, type GlyphName } from '../glyphs.tsx'

const order = ['auto', 'light', 'dark'] as const
const words = { auto: 'as the system', light: 'light', dark: 'dark' } as const
const glyphs = { auto: 'auto', light: 'light', dark: 'dark' } as const satisfies Record<string, GlyphName>

/** Goes through the three schemes. */
export const SchemeButton = () => {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const next = order[(order.indexOf(colorScheme) + 1) % order.length] ?? 'auto'
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Colours: ${words[colorScheme]}. Change to ${words[next]}.`}
      title={`Colours: ${words[colorScheme]}`}
      onClick={() => setColorScheme(next)}
    >
      <Glyph name={glyphs[colorScheme]} />
    </button>
  )
}

const densityKey = 'castellan-density'

const keepDensity = (density: string): void => {
  document.documentElement.setAttribute('data-density', density)
  try {
    localStorage.setItem(densityKey, density)
  } catch {
    // Storage is closed to us: the choice lasts as long as this page.
  }
}

/** Switches between the two densities. */
export const DensityButton = () => {
  const [compact, setCompact] = useState(document.documentElement.dataset['density'] === 'compact')
  const change = (): void => {
    keepDensity(compact ? 'roomy' : 'compact')
    setCompact(!compact)
    // Lists that measure their rows listen to this.
    window.dispatchEvent(new Event('resize'))
  }
  return (
    <button
      type="button"
      className="icon-button"
      aria-label="Compact rows"
      aria-pressed={compact}
      title="Compact rows"
      onClick={change}
    >
      <Glyph name="rows" />
    </button>
  )
}
