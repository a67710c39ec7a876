/** Pairing a device: the code to be scanned or typed, then the four words that must be the same on both sides. */
import type { NewPairing, PairingView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Loading, Pane, StateWord, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { useNow } from '../time/when.tsx'
import { devicesQuery, pairingQuery, pairings } from './devices-api.ts'
import { QrCode } from './qr.tsx'
import './devices.css'

const Left = ({ until }: { until: string }) => {
  const now = useNow(1_000)
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000))
  const shown = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return (
    <span className="mono" role="timer">
      {shown}
    </span>
  )
}

/** A page opened under a loopback name gives out a link that leads every other machine to itself. */
const onlyHere = (url: string): boolean => /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(url)

const Code = ({ made }: { made: NewPairing }) => (
  <>
    <p>
      Scan this with the device, or type address and code into its Castellan program. It works once, for{' '}
      <Left until={made.expires_at} /> more.
    </p>
    <div className="pair-code">
      {made.qr !== null && <QrCode rows={made.qr} label={`QR code of the pairing code ${made.code}`} />}
      <div>
        {made.url !== null && <p className="mono small">{new URL(made.url).origin}</p>}
        <p className="mono pair-text" data-code>
          {made.code}
        </p>
      </div>
    </div>
    {made.url !== null && onlyHere(made.url) && (
      <p className="quiet small">
        This house is open under the name localhost, which means another machine on every other machine. A
        program on this computer can be paired; for a phone, set <code>PUBLIC_ORIGINS</code> to the name it
        reaches the house by.
      </p>
    )}
    <details className="model-more">
      <summary>Another terminal or program on this computer</summary>
      <p className="mono small pair-link">castellan pair --redeem '{made.url}'</p>
    </details>
    <p className="quiet small" aria-live="polite">
      Waiting for the device…
    </p>
  </>
)

const Compare = ({
  pairing,
  phrase,
  device,
}: {
  pairing: PairingView
  phrase: string
  device: NonNullable<PairingView['device']>
}) => {
  const keep = (view: PairingView) => client.setQueryData(pairingQuery(pairing.id).queryKey, view)
  const yes = useMutation({ mutationFn: () => pairings.confirm(pairing.id, phrase), onSuccess: keep })
  const no = useMutation({ mutationFn: () => pairings.deny(pairing.id), onSuccess: keep })
  const error = yes.error ?? no.error
  return (
    <section className="pair-step" aria-label="Compare the words">
      <p>
        A {device.kind} that calls itself <InlineVerbatim text={device.name} /> wants to be yours. It came
        from <span className="mono">{device.address}</span>. Does it show exactly these four words?
      </p>
      <p className="pair-words" data-phrase>
        {phrase}
      </p>
      <p className="quiet small">
        If they differ, someone stands between it and this house. You have <Left until={pairing.expires_at} />
        .
      </p>
      <div className="row">
        <Button autoFocus loading={no.isPending} onClick={() => no.mutate()}>
          They differ
        </Button>
        <Button variant="filled" loading={yes.isPending} onClick={() => yes.mutate()}>
          They are the same
        </Button>
      </div>
      {error !== null && <Trouble error={error} />}
    </section>
  )
}

const endings = {
  paired: 'Paired. The device is yours from now on, until you revoke it.',
  denied: 'Nothing was paired, and the code is void.',
  expired: 'The code ran out. Nothing was paired.',
} as const

const Ended = ({ state, onClose }: { state: keyof typeof endings; onClose: () => void }) => (
  <div role="status">
    <p>
      <StateWord glyph={state === 'paired' ? 'allow' : 'deny'} tone={state === 'paired' ? 'good' : 'stop'}>
        {endings[state]}
      </StateWord>
    </p>
    <Button autoFocus onClick={onClose}>
      Close
    </Button>
  </div>
)

const Step = ({
  made,
  pairing,
  onClose,
}: {
  made: NewPairing
  pairing: PairingView
  onClose: () => void
}) => {
  const { state, phrase, device } = pairing
  if (state === 'open') return <Code made={made} />
  if (state === 'compare')
    return phrase !== null && device !== null ? (
      <Compare pairing={pairing} phrase={phrase} device={device} />
    ) : null
  return <Ended state={state} onClose={onClose} />
}

/** The dialog. Closed before a device has come, the code is void. */
export const PairPane = ({ made, onClose }: { made: NewPairing; onClose: () => void }) => {
  const { data, error } = useQuery(pairingQuery(made.id))
  const state = data?.state
  useEffect(() => {
    if (state === 'paired') void client.invalidateQueries({ queryKey: devicesQuery.queryKey })
  }, [state])
  const close = (): void => {
    if (state === 'open') void pairings.deny(made.id).catch(() => {})
    onClose()
  }
  return (
    <Pane label="Pair a device" onClose={close}>
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="the code" />}
      {data !== undefined && <Step made={made} pairing={data} onClose={onClose} />}
    </Pane>
  )
}
