/** The sign-in page's ways in by a provider, and what the last one came to. */
import type { AuthState } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { problemIn } from './words.ts'
import './providers.css'

/** Where a browser begins; afterwards it comes back to the page that is open now. */
const startOf = (name: string): string => {
  const { pathname, search } = window.location
  const to = pathname === '/signin' ? '/' : pathname + search
  return `/auth/providers/${encodeURIComponent(name)}/start?to=${encodeURIComponent(to)}`
}

/** A button per provider; nothing where there is none. */
export const ProviderButtons = ({ state }: { state: AuthState }) =>
  state.providers.length === 0 ? null : (
    <ul className="plain-list provider-buttons" aria-label="Other ways to sign in">
      {state.providers.map(({ name, title }) => (
        <li key={name}>
          <Button component="a" href={startOf(name)} size="md" fullWidth>
            Sign in with {title}
          </Button>
        </li>
      ))}
    </ul>
  )

/** What went wrong, as the address says. */
export const ProviderTrouble = ({ state }: { state: Pick<AuthState, 'providers'> }) => {
  const problem = problemIn(window.location.search, state.providers)
  return problem === null ? null : (
    <p className="trouble" role="alert">
      {problem}
    </p>
  )
}
