/** Model servers that run on this machine already: one click adds one. */
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

const useFound = (): Found[] => {
  const servers = useQuery(discoverQuery).data?.servers ?? []
  const known = useQuery(modelsQuery).data ?? []
  return servers
    .flatMap((s) => s.models.map((model) => ({ address: s.base_url, model })))
    .filter((f) => !known.some((k) => k.model === f.model && k.local))
}

/** The list of found models; nothing at all when none was found. */
export const Discovered = ({ onAdded }: { onAdded: (name: string) => void }) => {
  const found = useFound()
  const taken = useQuery(modelsQuery).data?.map((m) => m.name) ?? []
  const add = useMutation({
    mutationFn: (f: Found) =>
      models.add({
        name: nameFor(f.model, taken),
        provider: 'openai-compatible',
        base_url: f.address,
        model: f.model,
        tier: 'local',
      }),
    onSuccess: async (model) => {
      await Promise.all(
        [modelsQuery, overviewQuery].map((q) => client.invalidateQueries({ queryKey: q.queryKey })),
      )
      onAdded(model.name)
    },
  })
  if (found.length === 0) return null
  return (
    <section className="discovered">
      <h2>Found on this machine</h2>
      <p className="quiet">
        Ollama runs here. What you write to these models stays on this machine, and needs no key.
      </p>
      <ul className="sheet ruled plain-list">
        {found.map((f) => (
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
