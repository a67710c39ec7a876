/** One other tenant: its state, help for its owner, and closing it with what will happen said first. */
import type { HandedLink, TenantView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Pane, Trouble } from '../parts.tsx'
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

/** Loads the tenants again. */
export const reloadTenants = () => client.invalidateQueries({ queryKey: tenantsQuery.queryKey })

const useClosing = (tenant: TenantView, onDone: () => void) =>
  useMutation({
    mutationFn: (closed: boolean) => withStepUp(() => tenants.close(tenant.id, closed)),
    onSuccess: async () => {
      await reloadTenants()
      onDone()
    },
  })

const Closing = ({ tenant, onDone }: { tenant: TenantView; onDone: () => void }) => {
  const close = useClosing(tenant, onDone)
  return (
    <Pane label={`Close ${tenant.name}?`} onClose={onDone}>
      <p>
        Everybody of it is signed out at once and nobody comes in any more; their tokens, devices and
        connected accounts end for good, and open invitations are taken back. Nothing else is deleted: its
        people and its data stay. Opened again, its owner comes in and opens the accounts of the others.
      </p>
      {close.error !== null && <Trouble error={close.error} />}
      <div className="row">
        <Button autoFocus onClick={onDone}>
          Keep it
        </Button>
        <Button variant="filled" loading={close.isPending} onClick={() => close.mutate(true)}>
          Close the tenant
        </Button>
      </div>
    </Pane>
  )
}

const Reopen = ({ tenant }: { tenant: TenantView }) => {
  const open = useClosing(tenant, () => {})
  return (
    <>
      <Button
        className="push"
        variant="subtle"
        aria-label={`Open ${tenant.name} again`}
        loading={open.isPending}
        onClick={() => open.mutate(false)}
      >
        Open again
      </Button>
      {open.error !== null && <Trouble error={open.error} />}
    </>
  )
}

const Tools = ({ tenant }: { tenant: TenantView }) => {
  const [link, setLink] = useState<HandedLink | null>(null)
  const [closing, setClosing] = useState(false)
  const recover = useMutation({
    mutationFn: () => withStepUp(() => tenants.recovery(tenant.id)),
    onSuccess: setLink,
  })
  return (
    <>
      <Button
        className="push"
        variant="subtle"
        aria-label={`A link for a new password of the owner of ${tenant.name}`}
        loading={recover.isPending}
        onClick={() => recover.mutate()}
      >
        New password…
      </Button>
      <Button variant="subtle" aria-label={`Close ${tenant.name}`} onClick={() => setClosing(true)}>
        Close…
      </Button>
      {recover.error !== null && <Trouble error={recover.error} />}
      {closing && <Closing tenant={tenant} onDone={() => setClosing(false)} />}
      {link !== null && (
        <LinkPane
          label="A new password for its owner"
          about="It works once, for 30 minutes, and they are told of it. Setting the new password signs them out everywhere; a second step they have is still asked for."
          link={link}
          onClose={() => setLink(null)}
        />
      )}
    </>
  )
}

/** The line of a tenant. `invite` makes a new invitation for an owner who has not come in. */
export const TenantLine = ({ tenant, invite }: { tenant: TenantView; invite: () => void }) => (
  <li className="line row">
    <h3 className="people-name">
      <InlineVerbatim text={tenant.name} />
    </h3>
    <span className="quiet small">
      {stateWords[tenant.state]}; made <When at={tenant.created_at} />
    </span>
    {tenant.state === 'closed' && <Reopen tenant={tenant} />}
    {tenant.state === 'joined' && <Tools tenant={tenant} />}
    {(tenant.state === 'invited' || tenant.state === 'waiting') && (
      <Button
        className="push"
        variant="subtle"
        aria-label={`A new invitation for the owner of ${tenant.name}`}
        onClick={invite}
      >
        New invitation
      </Button>
    )}
  </li>
)
