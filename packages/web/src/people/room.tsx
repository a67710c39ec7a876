/** The room "People": who is in one's tenant, who is invited, and for the owner of the house its other tenants. */
import type { InvitationView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Loading, Room, Trouble } from '../parts.tsx'
import { authQuery, client } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { invitations, invitationsQuery, peopleQuery } from './api.ts'
import { InviteForm } from './invite.tsx'
import { PersonLine } from './person.tsx'
import { TenantsPart } from './tenants.tsx'
import './people.css'

const Everybody = () => {
  const { data, error } = useQuery(peopleQuery)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="people" />
  return (
    <ul className="sheet ruled plain-list">
      {data.map((person) => (
        <PersonLine key={person.id} person={person} />
      ))}
    </ul>
  )
}

const InvitationLine = ({ invitation }: { invitation: InvitationView }) => {
  const revoke = useMutation({
    mutationFn: () => invitations.revoke(invitation.id),
    onSettled: () => client.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
  })
  return (
    <li className="line">
      <div className="row">
        <h3 className="people-name">
          <InlineVerbatim text={invitation.name} />
        </h3>
        <span className="quiet small">{invitation.role}</span>
        <Button
          className="push"
          variant="subtle"
          aria-label={`Take the invitation of ${invitation.name} back`}
          loading={revoke.isPending}
          onClick={() => revoke.mutate()}
        >
          Take back
        </Button>
      </div>
      <p className="quiet small people-name">
        {invitation.email !== null && (
          <>
            For <InlineVerbatim text={invitation.email} />
            {invitation.mailed && ', sent by mail'}.{' '}
          </>
        )}
        Made <When at={invitation.created_at} />, ends <When at={invitation.expires_at} />
      </p>
      {revoke.error !== null && <Trouble error={revoke.error} />}
    </li>
  )
}

const Open = () => {
  const { data, error } = useQuery(invitationsQuery)
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="invitations" />
  if (data.length === 0)
    return (
      <p className="quiet">
        Nobody is invited at the moment. Try it with “Mia”, as a member, without an address.
      </p>
    )
  return (
    <ul className="sheet ruled plain-list">
      {data.map((invitation) => (
        <InvitationLine key={invitation.id} invitation={invitation} />
      ))}
    </ul>
  )
}

/** The room. */
export const PeopleRoom = () => {
  const { data: auth } = useQuery(authQuery)
  return (
    <Room
      title="People"
      about="Who may come in besides you. Each has a role, signs in as themselves, and sees nothing of anybody else’s account."
    >
      <section className="people-part" aria-labelledby="here">
        <h2 id="here">In this house</h2>
        <Everybody />
      </section>
      <section className="people-part" aria-labelledby="invite">
        <h2 id="invite">Invite somebody</h2>
        <InviteForm />
      </section>
      <section className="people-part" aria-labelledby="invited">
        <h2 id="invited">Invited</h2>
        <Open />
      </section>
      {auth?.you?.home === true && <TenantsPart />}
    </Room>
  )
}
