/** Whether the ledger's chain holds, in a sentence. */
import type { LedgerVerification } from '@castellan/contracts'
import { Link } from '@tanstack/react-router'
import { StateWord } from '../parts.tsx'

const number = (value: number): string => value.toLocaleString('en')

/** The sentence; it never says that the chain holds before it was verified. */
export const ChainState = ({
  data,
  error,
}: {
  data: LedgerVerification | undefined
  error: Error | null
}) => {
  if (error !== null)
    return (
      <StateWord glyph="unknown" tone="wait">
        Could not verify the chain: {error.message}
      </StateWord>
    )
  if (data === undefined) return <StateWord glyph="running">Verifying the chain</StateWord>
  const covered =
    data.checkpointed === 0 ? 'no checkpoint yet' : `signed checkpoint at ${number(data.checkpointed)}`
  if (data.ok)
    return (
      <StateWord glyph="allow" tone="good">
        The chain holds: {number(data.rows)} rows, {covered}
      </StateWord>
    )
  return (
    <span className="problem">
      <StateWord glyph="failed" tone="stop">
        The chain is broken
      </StateWord>{' '}
      at{' '}
      {data.broken.slice(0, 5).map((b, index) => (
        <span key={`${b.seq}-${b.kind}`}>
          {index > 0 && ', '}
          <Link to="/ledger" search={{ row: b.seq }}>
            row {number(b.seq)}
          </Link>{' '}
          ({b.kind})
        </span>
      ))}
      {data.broken.length > 5 && ` and ${data.broken.length - 5} more`}. Someone changed the database beside
      Castellan. The rows before are unharmed.
    </span>
  )
}
