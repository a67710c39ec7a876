/** A link that takes two deliberate clicks: the first shows the whole address, the second opens it. */
import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { createPortal } from 'react-dom'
import { Glyph } from '../glyphs.tsx'
import { Pane } from '../parts.tsx'
import { inspect, summarise } from '../text/visible.ts'
import { type LinkView, viewLink } from './link.ts'

const Address = ({ link }: { link: LinkView }) => (
  <p className="address mono">
    {link.kind === 'web' ? (
      <>
        <span className="quiet">{link.before}</span>
        <strong>{link.host}</strong>
        <span className="quiet">{link.after}</span>
      </>
    ) : (
      link.url
    )}
  </p>
)

const title = (link: LinkView): string => {
  if (link.kind === 'web') return `This link leads to ${link.host}`
  if (link.kind === 'mail') return 'This link writes a mail'
  return 'This link does not open'
}

const LinkPane = ({ link, raw, onClose }: { link: LinkView; raw: string; onClose: () => void }) => {
  const marks = summarise(inspect(raw))
  const warnings = [
    ...(link.kind === 'inert' ? [link.why] : link.warnings),
    ...(marks === null ? [] : [marks]),
  ]
  return (
    <Pane label={title(link)} onClose={onClose}>
      <Address link={link} />
      {warnings.map((warning) => (
        <p key={warning} className="marks-note">
          {warning}
        </p>
      ))}
      <p className="quiet small">
        It stands in an answer of the model, which may have taken it from something it read. Opening it tells
        that site that you came.
      </p>
      <div className="row">
        {link.kind !== 'inert' && (
          <Button
            component="a"
            href={link.url}
            target="_blank"
            rel="noopener noreferrer"
            rightSection={<Glyph name="outside" />}
          >
            {link.kind === 'web' ? 'Open in a new tab' : 'Write the mail'}
          </Button>
        )}
        <Button onClick={() => void navigator.clipboard.writeText(raw)}>Copy the address</Button>
      </div>
    </Pane>
  )
}

/** The link in the text: a button, so that no gesture of the browser opens or previews it. */
export const SafeLink = ({ href, children }: { href: string; children?: ReactNode }) => {
  const [open, setOpen] = useState(false)
  const link = viewLink(href)
  const host = link.kind === 'web' ? link.host : link.kind === 'mail' ? 'mail' : 'does not open'
  return (
    <>
      <button type="button" className="link-button" title={link.url} onClick={() => setOpen(true)}>
        {children}
        <span className="link-host">[{host}]</span>
      </button>
      {open &&
        createPortal(<LinkPane link={link} raw={href} onClose={() => setOpen(false)} />, document.body)}
    </>
  )
}
