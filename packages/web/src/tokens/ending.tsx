/** Ending something that opens the house: asked once more on the spot, and done at once. */
import { Button } from '@mantine/core'
import { type QueryKey, useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Trouble } from '../parts.tsx'
import { client } from '../queries.ts'

/** A quiet button that says what happens before it does; `work` is done, then `key` is read again. */
export const Ending = ({
  verb,
  name,
  warning,
  work,
  reloads,
}: {
  verb: string
  name: string
  warning: string
  work: () => Promise<unknown>
  reloads: QueryKey
}) => {
  const [open, setOpen] = useState(false)
  const end = useMutation({
    mutationFn: work,
    onSuccess: () => client.invalidateQueries({ queryKey: reloads }),
  })
  return (
    <span className="push row">
      {open ? (
        <>
          <span className="small">{warning}</span>
          <Button autoFocus onClick={() => setOpen(false)}>
            Keep it
          </Button>
          <Button loading={end.isPending} onClick={() => end.mutate()}>
            {verb} {name}
          </Button>
        </>
      ) : (
        <Button variant="subtle" aria-label={`${verb} ${name}`} onClick={() => setOpen(true)}>
          {verb}…
        </Button>
      )}
      {end.error !== null && <Trouble error={end.error} />}
    </span>
  )
}
