/** Recovery codes, the one time they are shown. */
import { Button } from '@mantine/core'
import { useState } from 'react'

/** The list, with a way to copy it; it goes when its owner says that they keep it. */
export const RecoveryCodeList = ({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) => {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(codes.join('\n'))
    setCopied(true)
  }
  return (
    <section className="sheet recovery" aria-label="Your new recovery codes">
      <p>
        <strong>Write these down now; they are not shown again.</strong> Each opens once when your phone or
        key is gone.
      </p>
      <ol className="recovery-codes mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="row">
        <Button onClick={() => void copy()}>{copied ? 'Copied' : 'Copy'}</Button>
        <Button onClick={() => window.print()}>Print</Button>
        <Button variant="filled" className="push" onClick={onKept}>
          I keep them safe
        </Button>
      </div>
    </section>
  )
}
