/** A link that is shown once, to be handed over: to copy, or to scan from the screen. */
import type { HandedLink } from '@castellan/contracts'
import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { QrCode } from '../account/qr.tsx'
import { Pane } from '../parts.tsx'
import './people.css'

/** The pane; what `about` says stands above the link. */
export const LinkPane = ({
  label,
  about,
  link,
  onClose,
}: {
  label: string
  about: string
  link: HandedLink
  onClose: () => void
}) => {
  const [copied, setCopied] = useState(false)
  return (
    <Pane label={label} onClose={onClose}>
      <p>{about}</p>
      <div className="handed">
        <QrCode rows={link.qr} label="QR code of the link below" />
        <div className="handed-text">
          <TextInput
            label="The link"
            description="It is shown this once. Whoever has it can use it, so send it to that person alone."
            value={link.url}
            readOnly
            data-link
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button
            variant="filled"
            onClick={async () => {
              await navigator.clipboard.writeText(link.url)
              setCopied(true)
            }}
          >
            Copy the link
          </Button>
          <p className="quiet small" role="status">
            {copied && 'Copied.'}
          </p>
        </div>
      </div>
      {/^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(link.url) && (
        <p className="quiet small">
          This house is open under the name localhost: the link works on this computer only. For another one,
          set <code>PUBLIC_ORIGINS</code> to the name it reaches the house by.
        </p>
      )}
    </Pane>
  )
}
