/** Other tenants of the house: separate households with data and tokens of their own. */
import type { HandedLink, TenantView } from '@castellan/contracts'
import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Loading, Pane, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { tenants, tenantsQuery } from './api.ts'
import { LinkPane } from './link.tsx'

const stateWords: Readonly<Record<TenantView['state'], string>> = {
  invited: 'its owner is invited',
  waiting: 'its owner’s invitation has ended',
  joined: 'its owner has come in',
  closed: 'closed: nobody of it comes in',
}
const reload = () => client.invalidateQueries({ queryKey: tenantsQuery.queryKey })

/** The part of the room. */
export const TenantsPart = () => {
  const { data, error } = useQuery(tenantsQuery)
  const [name, setName] = useState('')
  const [link, setLink] = useState<HandedLink | null>(null)
  const [recovery, setRecovery] = useState<HandedLink | null>(null)
  const [closing, setClosing] = useState<TenantView | null>(null)
  const close = useMutation({
    mutationFn: ({ id, closed }: { id: string; closed: boolean }) =>
      withStepUp(() => tenants.close(id, closed)),
    onSuccess: async () => {
      await reload()
      setClosing(null)
    },
  })
  const recover = useMutation({
    mutationFn: (id: string) => withStepUp(() => tenants.recovery(id)),
    onSuccess: setRecovery,
  })
  const field = useRef<HTMLInputElement>(null)
  const make = useMutation({
    mutationFn: (id: string | null) =>
      withStepUp(() => (id === null ? tenants.make(name) : tenants.invite(id))),
    onSuccess: async (made) => {
      await reload()
      setLink(made.link)
      setName('')
    },
  })
  return (
    <section className="people-part" aria-labelledby="tenants">
      <h2 id="tenants">Other tenants</h2>
      <p className="quiet">
        A tenant is a household apart: its people have accounts, tokens and data of their own and see nothing
        of yours; you see its name and nothing of what is in it.
      </p>
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="tenants" />}
      {data !== undefined && data.length > 0 && (
        <ul className="sheet ruled plain-list">
          {data.map((tenant) => (
            <li key={tenant.id} className="line row">
              <h3 className="people-name">
                <InlineVerbatim text={tenant.name} />
              </h3>
              <span className="quiet small">
                {stateWords[tenant.state]}; made <When at={tenant.created_at} />
              </span>
              {tenant.state === 'closed' && (
                <Button
                  className="push"
                  variant="subtle"
                  aria-label={`Open ${tenant.name} again`}
                  loading={close.isPending}
                  onClick={() => close.mutate({ id: tenant.id, closed: false })}
                >
                  Open again
                </Button>
              )}
              {tenant.state === 'joined' && (
                <Button
                  className="push"
                  variant="subtle"
                  aria-label={`Close ${tenant.name}`}
                  onClick={() => setClosing(tenant)}
                >
                  Close…
                </Button>
              )}
              {tenant.state === 'joined' && (
                <Button
                  variant="subtle"
                  aria-label={`A link for a new password of the owner of ${tenant.name}`}
                  loading={recover.isPending}
                  onClick={() => recover.mutate(tenant.id)}
                >
                  New password…
                </Button>
              )}
              {(tenant.state === 'invited' || tenant.state === 'waiting') && (
                <Button
                  className="push"
                  variant="subtle"
                  aria-label={`A new invitation for the owner of ${tenant.name}`}
                  onClick={() => make.mutate(tenant.id)}
                >
                  New invitation
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {recover.error !== null && <Trouble error={recover.error} />}
      <form
        className="people-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() !== '' && !make.isPending) make.mutate(null)
        }}
      >
        <TextInput
          ref={field}
          label="Name of a new tenant"
          placeholder="Bakery"
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {make.error !== null && <Trouble error={make.error} />}
        <div>
          <Button type="submit" loading={make.isPending} disabled={name.trim() === ''}>
            Make it
          </Button>
        </div>
      </form>
      {closing === null && close.error !== null && <Trouble error={close.error} />}
      {closing !== null && (
        <Pane label={`Close ${closing.name}?`} onClose={() => setClosing(null)}>
          <p>
            Everybody of it is signed out at once and nobody comes in any more; their tokens, devices and
            connected accounts end for good, and open invitations are taken back. Nothing else is deleted: its
            people and its data stay. Opened again, its owner comes in and opens the accounts of the others.
          </p>
          {close.error !== null && <Trouble error={close.error} />}
          <div className="row">
            <Button autoFocus onClick={() => setClosing(null)}>
              Keep it
            </Button>
            <Button
              variant="filled"
              loading={close.isPending}
              onClick={() => close.mutate({ id: closing.id, closed: true })}
            >
              Close the tenant
            </Button>
          </div>
        </Pane>
      )}
      {recovery !== null && (
        <LinkPane
          label="A new password for its owner"
          about="It works once, for 30 minutes, and they are told of it. Setting the new password signs them out everywhere; a second step they have is still asked for."
          link={recovery}
          onClose={() => setRecovery(null)}
        />
      )}
      {link !== null && (
        <LinkPane
          label="The invitation for its owner"
          about="It works once, for 72 hours. Whoever opens it owns the tenant."
          link={link}
          onClose={() => {
            setLink(null)
            field.current?.focus()
          }}
        />
      )}
    </section>
  )
}
