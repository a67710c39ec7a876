/** Inviting somebody: a role, a name, perhaps an address; then the link to hand over. */
import type { GivenRole, HandedLink } from '@castellan/contracts'
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { accountQuery, invitations, invitationsQuery } from './api.ts'
import { LinkPane } from './link.tsx'
import './people.css'

/** What the roles mean, in the words of the room. */
export const roleWords: Readonly<Record<'owner' | GivenRole, string>> = {
  owner: 'owner: decides everything',
  member: 'member: may talk to the agent',
  viewer: 'viewer: only reads shared tables',
}

/** The form. */
export const InviteForm = () => {
  const { data: account } = useQuery(accountQuery)
  const [role, setRole] = useState<GivenRole>('member')
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [mail, setMail] = useState(false)
  const [link, setLink] = useState<HandedLink | null>(null)
  const first = useRef<HTMLInputElement>(null)
  const make = useMutation({
    mutationFn: () =>
      withStepUp(() =>
        invitations.make({ role, name, mail: mail && email !== '', ...(email === '' ? {} : { email }) }),
      ),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: invitationsQuery.queryKey })
      setLink(made.link)
      setName('')
      setEmail('')
    },
  })
  return (
    <form
      className="people-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '' && !make.isPending) make.mutate()
      }}
    >
      <TextInput
        ref={first}
        label="Name"
        placeholder="Mia"
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="E-mail address (optional)"
        type="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      {account?.mail === true && (
        <Checkbox
          label="Send the link to this address"
          description="Then nobody else sees it, and the address counts as theirs."
          disabled={email === ''}
          checked={mail && email !== ''}
          onChange={(event) => setMail(event.currentTarget.checked)}
        />
      )}
      <NativeSelect
        label="Role"
        description="A member has conversations, questions and memories of their own. A viewer has an account and sees the tables you let viewers see."
        value={role}
        data={[
          { value: 'member', label: roleWords.member },
          { value: 'viewer', label: roleWords.viewer },
        ]}
        onChange={(event) => setRole(event.currentTarget.value === 'viewer' ? 'viewer' : 'member')}
      />
      {make.error !== null && <Trouble error={make.error} />}
      <p role="status" className="quiet small">
        {make.data?.link === null && 'The invitation is on its way by mail.'}
      </p>
      <div>
        <Button type="submit" variant="filled" loading={make.isPending} disabled={name.trim() === ''}>
          Invite
        </Button>
      </div>
      {link !== null && (
        <LinkPane
          label="The invitation"
          about="It works once, for 72 hours. Whoever opens it chooses a password and is in."
          link={link}
          onClose={() => {
            setLink(null)
            // The button that opened it is off again, and keeps no focus.
            first.current?.focus()
          }}
        />
      )}
    </form>
  )
}
