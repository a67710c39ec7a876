/** Model servers that run on this machine already: one click adds one. The place is kept while it looks. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { models } from '../api.ts'
import { Trouble } from '../parts.tsx'
import { client, discoverQuery, modelsQuery, overviewQuery } from '../queries.ts'
import { nameFor } from './presets.ts'
import './models.css'

interface Found {
  address: string
  model: string
}

/** Null while it looks. */
const useFound = (): { models: Found[]; known: boolean } | null => {
  const servers = useQuery(discoverQuery).data?.servers
  const stored = useQuery(modelsQuery).data
  if (servers === undefined || stored === undefined) return null
  const all = servers.flatMap((s) => s.models.map((model) => ({ address: s.base_url, model })))
  const fresh = all.filter((f) => !stored.some((k) => k.model === f.model && k.local))
  return { models: fresh, known: all.length > fresh.length }
}

const useAdd = (onAdded: (name: string) => void) => {
  const taken = useQuery(modelsQuery).data?.map((m) => m.name) ?? []
  return useMutation({
    mutationFn: ({ address, model }: Found) =>
      models.add({
        name: nameFor(model, taken),
        provider: 'openai-compatible',
        base_url: address,
        model,
        tier: 'local',
      }),
    onSuccess: async (model) => {
      await Promise.all(
        [modelsQuery, overviewQuery].map((q) => client.invalidateQueries({ queryKey: q.queryKey })),
      )
      onAdded(model.name)
    },
  })
}

const Nothing = ({ looking, known }: { looking: boolean; known: boolean }) => (
  <li className="line row quiet discovered-none">
    {looking
      ? 'Looking for Ollama on this machine.'
      : known
        ? 'Every model of the Ollama on this machine is added.'
        : 'No Ollama runs on this machine. Start one, and its models appear here.'}
  </li>
)

/** The models found on this machine and not added yet, or that there are none. */
export const Discovered = ({ onAdded }: { onAdded: (name: string) => void }) => {
  const found = useFound()
  const add = useAdd(onAdded)
  return (
    <section className="discovered">
      <h2>On this machine</h2>
      <p className="quiet">What you write to a model here never leaves this machine, and it needs no key.</p>
      <ul className="sheet ruled plain-list">
        {(found === null || found.models.length === 0) && (
          <Nothing looking={found === null} known={found?.known === true} />
        )}
        {found?.models.map((f) => (
          <li key={f.model} className="line row">
            <span className="mono">{f.model}</span>
            <span className="quiet small">{f.address}</span>
            <Button
              className="push"
              aria-label={`Add ${f.model}`}
              loading={add.isPending && add.variables.model === f.model}
              onClick={() => add.mutate(f)}
            >
              Add
            </Button>
          </li>
        ))}
      </ul>
      {add.error !== null && <Trouble error={add.error} />}
    </section>
  )
}
