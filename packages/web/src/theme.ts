/** Mantine dressed as Castellan: our colours (tokens.css), one family for text, one for verbatim values, a 4-px grid. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const seal: MantineColorsTuple = [
  '#eef6f1',
  '#d9eae0',
  '#b6d7c4',
  '#8dc2a6',
  '#68ac88',
  '#479470',
  '#2f7b59',
  '#1b5e42',
  '#154c35',
  '#0f3a28',
]

// Mantine draws its borders and fills from these two: the tones of tokens.css.
const gray: MantineColorsTuple = [
  '#f3f6f1',
  '#ebefe8',
  '#e2e8df',
  '#d8dfd5',
  '#b3beb1',
  '#98a497',
  '#7f8b80',
  '#5d665f',
  '#454d47',
  '#161b18',
]
const dark: MantineColorsTuple = [
  '#e6ebe6',
  '#b4beb6',
  '#96a198',
  '#6e7a71',
  '#434d46',
  '#2a312c',
  '#191e1a',
  '#111512',
  '#0c0f0d',
  '#080a09',
]

/** The theme of every page. */
export const theme = createTheme({
  colors: { seal, gray, dark },
  primaryColor: 'seal',
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  defaultRadius: 4,
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'var(--text-family)',
  fontFamilyMonospace: 'var(--verbatim-family)',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  components: {
    Button: {
      defaultProps: { size: 'sm', variant: 'default' },
      // Mantine computes the text's colour from the shade, not from our token.
      vars: (_: unknown, props: { variant?: string | undefined }) =>
        props.variant === 'filled'
          ? { root: { '--button-color': 'var(--on-seal)', '--button-hover-color': 'var(--on-seal)' } }
          : { root: {} },
    },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    NativeSelect: { defaultProps: { size: 'sm' } },
    Tooltip: {
      defaultProps: {
        openDelay: 250,
        multiline: true,
        maw: 320,
        events: { hover: true, focus: true, touch: true },
      },
    },
  },
})

const shared = {
  '--mantine-primary-color-filled': 'var(--seal)',
  '--mantine-primary-color-contrast': 'var(--on-seal)',
  '--mantine-color-seal-filled': 'var(--seal)',
  '--mantine-color-seal-filled-hover': 'var(--seal-strong)',
  '--mantine-color-body': 'var(--paper)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-2)',
  '--mantine-color-placeholder': 'var(--ink-3)',
  '--mantine-color-error': 'var(--stop)',
  '--mantine-color-default': 'var(--sheet)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--rule-2)',
  '--mantine-color-anchor': 'var(--seal)',
}

/** Points Mantine's own variables at our tokens, so that there is one palette. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: shared,
  dark: shared,
})
