/** Showing again who one is: what needs it is sent, and once the factor was shown in the dialog, sent once more. */
import { CastellanError, type StepFactor } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { Loading, Pane, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { factorsQuery, stepUp } from './api.ts'
import { ProofForm, type Way, waysOf } from './proof-fields.tsx'

interface Asked {
  readonly needed: StepFactor
  readonly end: (shown: boolean) => void
}

let asked: Asked | null = null
const listeners = new Set<() => void>()
const setAsked = (next: Asked | null): void => {
  asked = next
  for (const listener of listeners) listener()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether the server refused something only until a factor is shown. */
export const needsStepUp = (error: unknown): boolean =>
  error instanceof CastellanError && error.code === 'factor_needed' && error.details.stepUp === true

const askFor = (needed: StepFactor): Promise<boolean> => {
  const before = asked
  return new Promise((resolve) => {
    const end = (shown: boolean): void => {
      setAsked(null)
      before?.end(shown)
      resolve(shown)
    }
    setAsked({ needed, end })
  })
}

/**
 * Does `work`; where the server asks for a factor first, the dialog opens and `work` is done again. Rejects with the server's
 * error when the dialog is closed without one: nothing was done then. For `mutationFn`s.
 */
export const withStepUp = async <T,>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CastellanError) || !needsStepUp(error)) throw error
    const { factor } = error.details
    const needed = factor === 'totp' || factor === 'passkey' ? factor : 'password'
    if (!(await askFor(needed))) throw error
    return work()
  }
}

const suffices = (way: Way, needed: StepFactor): boolean => needed !== 'passkey' || way === 'passkey'

const Dialog = ({ needed, end }: Asked) => {
  const { data, error } = useQuery({ ...factorsQuery, staleTime: 0 })
  return (
    <Pane label="Show that it is you" onClose={() => end(false)}>
      <p className="quiet">
        This changes how somebody gets in, or what they may do. Whoever sits at your open screen must not be
        able to. What you show counts for five minutes.
      </p>
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="your proofs" />}
      {data !== undefined && (
        <ProofForm
          ways={waysOf(data).filter((way) => suffices(way, needed))}
          options={stepUp.options}
          show={async (proof) => {
            client.setQueryData(factorsQuery.queryKey, await stepUp.show(proof))
            end(true)
          }}
          submit="Go on"
          passwordLabel={data.admin_password === 'none' ? 'Your password' : 'Admin password'}
          onCancel={() => end(false)}
        />
      )}
    </Pane>
  )
}

/** The dialog, once in the page; the shell holds it. */
export const StepUpHost = () => {
  const now = useSyncExternalStore(subscribe, () => asked)
  return now === null ? null : <Dialog {...now} />
}
