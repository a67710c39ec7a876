/** An app asks to act for the person: who asks, for what, where the answer goes; no is as easy as yes. */
import { type AuthorizationRequest, AuthorizationRequest as Request } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Loading, Room, Trouble } from '../parts.tsx'
import { consentQuery, tokens } from './doors.ts'
import { scopeWords } from './scope-words.ts'
import './tokens.css'

/** What the app asked, as /auth/authorize has packed it. */
const queryOf = (packed: string): string => {
  try {
    return new TextDecoder().decode(
      Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), (byte) => byte.charCodeAt(0)),
    )
  } catch {
    return ''
  }
}
const requestOf = (query: string): AuthorizationRequest =>
  Request.parse(Object.fromEntries(new URLSearchParams(query)))

/** Where an address leads, as far as a person can tell. */
const placeOf = (uri: string): string => {
  const { protocol, hostname } = new URL(uri)
  if (protocol === 'http:') return 'a program on this machine'
  return protocol === 'https:' ? hostname : `the app that owns ${protocol.slice(0, -1)}`
}

const Asking = ({ query, onGone }: { query: string; onGone: (to: string) => void }) => {
  const { data, error } = useQuery(consentQuery(query))
  const decide = useMutation({
    mutationFn: (allow: boolean) => withStepUp(() => tokens.decide(requestOf(query), allow)),
    onSuccess: ({ redirect }) => onGone(redirect),
  })
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="what the app asks" />
  return (
    <div className="sheet consent">
      <p>
        <strong>{data.client.name}</strong> wants to act for you. If you did not just begin this in that app,
        say no.
      </p>
      <p>It may then:</p>
      <ul>
        {data.scopes.map((scope) => (
          <li key={scope}>{scopeWords[scope]}</li>
        ))}
      </ul>
      <p className="quiet small">
        The answer goes to {placeOf(data.redirect_uri)} (
        <span className="mono token-value">{data.redirect_uri}</span>). You can sign it out at any time under
        Your account, Tokens.
      </p>
      {decide.error !== null && <Trouble error={decide.error} />}
      <div className="row">
        <Button autoFocus onClick={() => decide.mutate(false)} disabled={decide.isPending}>
          No
        </Button>
        <Button variant="filled" loading={decide.isPending} onClick={() => decide.mutate(true)}>
          Let {data.client.name} in
        </Button>
      </div>
    </div>
  )
}

/** /authorize */
export const ConsentRoom = ({ request }: { request: string }) => {
  const [gone, setGone] = useState<string | null>(null)
  const leave = (to: string): void => {
    setGone(to)
    location.assign(to)
  }
  return (
    <Room title="An app asks to sign in" about="Nothing is granted before you say so.">
      {gone === null ? (
        <Asking query={queryOf(request)} onGone={leave} />
      ) : (
        <div className="sheet empty" role="status">
          <p>Done. You can go back to the app now.</p>
          <p>
            <a href={gone}>Open the app</a>, if it did not open by itself.
          </p>
        </div>
      )}
    </Room>
  )
}
