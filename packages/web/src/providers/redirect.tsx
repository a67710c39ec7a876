/** A redirect URL to be copied to the provider's page, letter by letter. */
import { Button } from '@mantine/core'
import { useState } from 'react'

/** The URL and a button that copies it. */
export const RedirectUrl = ({ url }: { url: string }) => {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(url)
    setCopied(true)
  }
  return (
    <div className="provider-url">
      <span className="mono">{url}</span>
      <Button size="compact-sm" aria-label={`Copy ${url}`} onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}
