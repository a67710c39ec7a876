/** Receipts under an answer: what it says was done, beside what the ledger knows of it. */
import { type Receipt, receiptSentence } from '@castellan/contracts'
import { Link } from '@tanstack/react-router'
import { Glyph } from '../glyphs.tsx'
import { InlineVerbatim } from '../text/verbatim.tsx'
import './receipts.css'

const Row = ({ seq }: { seq: number }) => (
  <Link to="/ledger" search={{ row: seq }}>
    row {seq}
  </Link>
)

const Doubt = ({ receipt }: { receipt: Receipt }) => (
  <li data-state={receipt.state}>
    <Glyph name={receipt.state === 'unknown' ? 'unknown' : 'failed'} size={14} />
    <span>
      <q>
        <InlineVerbatim text={receipt.claim} />
      </q>{' '}
      <strong>{receiptSentence(receipt)}</strong>
      {receipt.seq !== null && (
        <>
          {' '}
          See <Row seq={receipt.seq} /> of the ledger.
        </>
      )}
    </span>
  </li>
)

/** The receipts of one answer; nothing when it claims nothing. */
export const Receipts = ({ receipts }: { receipts: readonly Receipt[] }) => {
  const doubts = receipts.filter(({ state }) => state !== 'recorded')
  const rows = [
    ...new Set(receipts.flatMap(({ state, seq }) => (state === 'recorded' && seq !== null ? [seq] : []))),
  ]
  if (receipts.length === 0) return null
  return (
    <div className="receipts" role="note" aria-label="What the ledger says to this answer">
      {doubts.length > 0 && (
        <ul>
          {doubts.map((receipt) => (
            <Doubt key={`${receipt.claim} ${receipt.state}`} receipt={receipt} />
          ))}
        </ul>
      )}
      {rows.length > 0 && (
        <p className="receipts-kept">
          <Glyph name="allow" size={12} /> In the ledger:{' '}
          {rows.map((seq, at) => (
            <span key={seq}>
              {at > 0 && ', '}
              <Row seq={seq} />
            </span>
          ))}
        </p>
      )}
    </div>
  )
}
