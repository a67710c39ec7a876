/** Other tenants of the house: separate households with data and tokens of their own. */
import type { HandedLink } from '@castellan/contracts'
import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { withStepUp } from '../account/step-up.tsx'
import { Loading, Trouble } from '../parts.tsx'
import { tenants, tenantsQuery } from './api.ts'
import { LinkPane } from './link.tsx'
import { reloadTenants, TenantLine } from './tenant-line.tsx'

/** The part of the room. */
export const TenantsPart = () => {
  const { data, error } = useQuery(tenantsQuery)
  const [name, setName] = useState('')
  const [link, setLink] = useState<HandedLink | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const make = useMutation({
    mutationFn: (id: string | null) =>
      withStepUp(() => (id === null ? tenants.make(name) : tenants.invite(id))),
    onSuccess: async (made) => {
      await reloadTenants()
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
            <TenantLine key={tenant.id} tenant={tenant} invite={() => make.mutate(tenant.id)} />
          ))}
        </ul>
      )}
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
