/** One person of the tenant: role, closing and removing with what will happen said first, where they are signed in. */
import type { HandedLink, PersonPatch, PersonView } from '@castellan/contracts'
import { Button, NativeSelect } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Loading, Pane, StateWord, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { SessionList } from '../settings/session-list.tsx'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { accountQuery, people, peopleQuery, personSessionsQuery } from './api.ts'
import { LinkPane } from './link.tsx'

const reload = () => client.invalidateQueries({ queryKey: peopleQuery.queryKey })

const Sessions = ({ person, onClose }: { person: PersonView; onClose: () => void }) => {
  const query = personSessionsQuery(person.id)
  const { data, error } = useQuery(query)
  return (
    <Pane label={`Where ${person.name} is signed in`} drawer onClose={onClose}>
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="sessions" />}
      {data !== undefined && data.length === 0 && <p className="quiet">Nowhere at the moment.</p>}
      {data !== undefined && (
        <SessionList
          sessions={data}
          end={(session) => withStepUp(() => people.endSession(person.id, session.id))}
          onEnded={() => client.invalidateQueries({ queryKey: query.queryKey })}
        />
      )}
    </Pane>
  )
}

const links = {
  recovery: {
    button: 'New password…',
    name: (who: string) => `A link for a new password of ${who}`,
    label: (who: string) => `A new password for ${who}`,
    about:
      'It works once, for 30 minutes. Setting the new password signs them out everywhere; a second step they have is still asked for.',
  },
  confirmation: {
    button: 'New address…',
    name: (who: string) => `A link that confirms the new address of ${who}`,
    label: (who: string) => `The new address of ${who}`,
    about: 'It works once, for 24 hours. Opening it makes the address that they asked for theirs.',
  },
} as const

/** A button that makes a link for a person and shows it once. */
const LinkButton = ({ kind, person }: { kind: keyof typeof links; person: PersonView }) => {
  const [link, setLink] = useState<HandedLink | null>(null)
  const words = links[kind]
  const make = useMutation({
    mutationFn: () => withStepUp(() => people[kind](person.id)),
    onSuccess: setLink,
  })
  return (
    <>
      <Button
        variant="subtle"
        aria-label={words.name(person.name)}
        loading={make.isPending}
        onClick={() => make.mutate()}
      >
        {words.button}
      </Button>
      {make.error !== null && <Trouble error={make.error} />}
      {link !== null && (
        <LinkPane
          label={words.label(person.name)}
          about={words.about}
          link={link}
          onClose={() => setLink(null)}
        />
      )}
    </>
  )
}

type Asked = 'disable' | 'remove' | 'proofs'
const askings = {
  disable: {
    title: (who: string) => `Close ${who}’s account?`,
    button: 'Close the account',
    act: (id: string): Promise<unknown> => people.change(id, { disabled: true }),
    consequences:
      'They are signed out everywhere at once and cannot sign in until you open the account again. Their tokens, devices and connected accounts end for good; their conversations stay.',
  },
  remove: {
    title: (who: string) => `Remove ${who}?`,
    button: 'Remove for good',
    act: (id: string): Promise<unknown> => people.remove(id),
    consequences:
      'They are signed out everywhere at once, and the account is deleted with its sessions, tokens, devices and conversations. The ledger keeps what they did. This cannot be undone.',
  },
  proofs: {
    title: (who: string) => `Take ${who}’s passkeys and codes away?`,
    button: 'Take them away',
    act: (id: string): Promise<unknown> => people.resetProofs(id),
    consequences:
      'For somebody who lost them. Their passkeys, one-time codes and recovery codes count no more, they are signed out everywhere at once, and their tokens, devices and connected accounts end for good. The password stays as it is, and opens the account alone until they make new ones. They are told of it. Make sure first that it is them who asks.',
  },
} as const

const Sure = ({ asked, person, onDone }: { asked: Asked; person: PersonView; onDone: () => void }) => {
  const { title, button, act, consequences } = askings[asked]
  const doing = useMutation({
    mutationFn: () => withStepUp(() => act(person.id)),
    onSuccess: async () => {
      await reload()
      onDone()
    },
  })
  return (
    <Pane label={title(person.name)} onClose={onDone}>
      <p>{consequences}</p>
      {doing.error !== null && <Trouble error={doing.error} />}
      <div className="row">
        <Button autoFocus onClick={onDone}>
          Keep it
        </Button>
        <Button variant="filled" loading={doing.isPending} onClick={() => doing.mutate()}>
          {button}
        </Button>
      </div>
    </Pane>
  )
}

const Tools = ({ person }: { person: PersonView }) => {
  const [asked, setAsked] = useState<Asked | null>(null)
  const [watching, setWatching] = useState(false)
  const { data: account } = useQuery(accountQuery)
  const change = useMutation({
    mutationFn: (patch: PersonPatch) => withStepUp(() => people.change(person.id, patch)),
    onSettled: reload,
  })
  return (
    <>
      <div className="row">
        <NativeSelect
          aria-label={`Role of ${person.name}`}
          value={person.role}
          disabled={change.isPending}
          data={['member', 'viewer']}
          onChange={(event) =>
            change.mutate({ role: event.currentTarget.value === 'viewer' ? 'viewer' : 'member' })
          }
        />
        <Button variant="subtle" aria-label={`Sessions of ${person.name}`} onClick={() => setWatching(true)}>
          Sessions
        </Button>
        <LinkButton kind="recovery" person={person} />
        <Button
          variant="subtle"
          aria-label={`Lost proofs of ${person.name}`}
          onClick={() => setAsked('proofs')}
        >
          Lost proofs…
        </Button>
        {account?.mail === false && <LinkButton kind="confirmation" person={person} />}
        {person.disabled ? (
          <Button
            variant="subtle"
            aria-label={`Open ${person.name}’s account again`}
            onClick={() => change.mutate({ disabled: false })}
          >
            Open again
          </Button>
        ) : (
          <Button
            variant="subtle"
            aria-label={`Close ${person.name}’s account`}
            onClick={() => setAsked('disable')}
          >
            Close…
          </Button>
        )}
        <Button variant="subtle" aria-label={`Remove ${person.name}`} onClick={() => setAsked('remove')}>
          Remove…
        </Button>
      </div>
      {change.error !== null && <Trouble error={change.error} />}
      {asked !== null && <Sure asked={asked} person={person} onDone={() => setAsked(null)} />}
      {watching && <Sessions person={person} onClose={() => setWatching(false)} />}
    </>
  )
}

/** The line of a person. */
export const PersonLine = ({ person }: { person: PersonView }) => (
  <li className="line">
    <div className="row">
      <h3 className="people-name">
        <InlineVerbatim text={person.name} />
      </h3>
      <span className="quiet small">{person.role}</span>
      {person.you && (
        <StateWord glyph="you" tone="good">
          you
        </StateWord>
      )}
      {person.disabled && (
        <StateWord glyph="deny" tone="stop">
          closed
        </StateWord>
      )}
    </div>
    <p className="quiet small people-name">
      {person.email === null ? 'No e-mail address' : <InlineVerbatim text={person.email} />}
      {person.email !== null && !person.email_verified && ' (not confirmed)'},{' '}
      {person.last_signed_in_at === null ? (
        'never signed in'
      ) : (
        <>
          last signed in <When at={person.last_signed_in_at} />
        </>
      )}
    </p>
    {person.role === 'owner' ? (
      <p className="quiet small">The owner can be neither removed nor replaced here.</p>
    ) : (
      <Tools person={person} />
    )}
  </li>
)
