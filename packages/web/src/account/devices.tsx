/** One's own devices and chat accounts: pairing another, giving a name, taking one away. */
import type { AccountView, DeviceView, NewPairing } from '@castellan/contracts'
import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Loading, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import { accounts, accountsQuery, devices, devicesQuery, pairings } from './devices-api.ts'
import { PairPane } from './pair.tsx'
import { withStepUp } from './step-up.tsx'
import './devices.css'

const reload = (): Promise<void> => client.invalidateQueries({ queryKey: devicesQuery.queryKey })

const Rename = ({ device, onDone }: { device: DeviceView; onDone: () => void }) => {
  const [name, setName] = useState(device.name)
  const rename = useMutation({
    mutationFn: () => devices.rename(device.id, name),
    onSuccess: async () => {
      await reload()
      onDone()
    },
  })
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault()
        rename.mutate()
      }}
    >
      <TextInput
        aria-label={`New name of ${device.name}`}
        value={name}
        maxLength={80}
        required
        autoFocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled" loading={rename.isPending}>
        Rename
      </Button>
      <Button onClick={onDone}>Keep</Button>
      {rename.error !== null && <Trouble error={rename.error} />}
    </form>
  )
}

const Revoke = ({ device }: { device: DeviceView }) => {
  const [sure, setSure] = useState(false)
  const revoke = useMutation({
    mutationFn: () => devices.revoke(device.id),
    onSuccess: reload,
  })
  return (
    <>
      {sure ? (
        <>
          <span className="small">It is turned away at once. Its key can never be paired again.</span>
          <Button autoFocus onClick={() => setSure(false)}>
            Keep it
          </Button>
          <Button
            aria-label={`Revoke ${device.name} now`}
            loading={revoke.isPending}
            onClick={() => revoke.mutate()}
          >
            Revoke
          </Button>
        </>
      ) : (
        <Button variant="subtle" aria-label={`Revoke ${device.name}`} onClick={() => setSure(true)}>
          Revoke…
        </Button>
      )}
      {revoke.error !== null && <Trouble error={revoke.error} />}
    </>
  )
}

const DeviceLine = ({ device }: { device: DeviceView }) => {
  const [renaming, setRenaming] = useState(false)
  return (
    <li className="line">
      <div className="row">
        {renaming ? (
          <Rename device={device} onDone={() => setRenaming(false)} />
        ) : (
          <>
            <h2>
              <InlineVerbatim text={device.name} />
            </h2>
            <span className="quiet small">{device.kind}</span>
            <span className="push row">
              <Button variant="subtle" aria-label={`Rename ${device.name}`} onClick={() => setRenaming(true)}>
                Rename
              </Button>
              <Revoke device={device} />
            </span>
          </>
        )}
      </div>
      <p className="quiet small">
        Paired <When at={device.paired_at} />,{' '}
        {device.last_seen_at === null ? (
          'not seen since'
        ) : (
          <>
            last seen <When at={device.last_seen_at} /> from{' '}
            <span className="mono">{device.last_address}</span>
          </>
        )}
        . Key <span className="mono">{device.thumbprint.slice(0, 12)}…</span>
      </p>
    </li>
  )
}

const Empty = () => (
  <div className="sheet empty">
    <p>No device is paired with you.</p>
    <p className="quiet">
      A paired device comes in by a key of its own that never leaves it, instead of by your password. An
      example: a program on your laptop that asks your tables at night. Lost, it is revoked here with one
      click, and nothing else has to change.
    </p>
  </div>
)

const AccountLine = ({ account }: { account: AccountView }) => {
  const unpair = useMutation({
    mutationFn: () => accounts.unpair(account.id),
    onSuccess: () => client.invalidateQueries({ queryKey: accountsQuery.queryKey }),
  })
  return (
    <li className="line">
      <div className="row">
        <h3>
          <InlineVerbatim text={account.name} />
        </h3>
        <span className="quiet small">
          {account.channel}, account <InlineVerbatim text={account.external_id} />
        </span>
        <Button
          className="push"
          aria-label={`Unpair ${account.channel} account ${account.name}`}
          loading={unpair.isPending}
          onClick={() => unpair.mutate()}
        >
          Unpair
        </Button>
      </div>
      <p className="quiet small">
        What it writes has been your words since <When at={account.paired_at} />
      </p>
      {unpair.error !== null && <Trouble error={unpair.error} />}
    </li>
  )
}

/** Chat accounts; nothing while none is paired, because what pairs one is its channel. */
const ChatAccounts = () => {
  const { data = [] } = useQuery(accountsQuery)
  if (data.length === 0) return null
  return (
    <section aria-labelledby="chat-accounts">
      <h2 id="chat-accounts">Chat accounts</h2>
      <ul className="sheet ruled plain-list">
        {data.map((account) => (
          <AccountLine key={account.id} account={account} />
        ))}
      </ul>
    </section>
  )
}

/** The page's content. */
export const DevicesPage = () => {
  const { data, error } = useQuery(devicesQuery)
  const [made, setMade] = useState<NewPairing | null>(null)
  const make = useMutation({ mutationFn: () => withStepUp(() => pairings.make({})), onSuccess: setMade })
  if (error !== null) return <Trouble error={error} />
  if (data === undefined) return <Loading what="devices" />
  return (
    <>
      <div>
        <Button variant="filled" loading={make.isPending} onClick={() => make.mutate()}>
          Pair a device
        </Button>
      </div>
      {make.error !== null && <Trouble error={make.error} />}
      {data.length === 0 ? (
        <Empty />
      ) : (
        <ul className="sheet ruled plain-list">
          {data.map((device) => (
            <DeviceLine key={device.id} device={device} />
          ))}
        </ul>
      )}
      <ChatAccounts />
      {made !== null && <PairPane made={made} onClose={() => setMade(null)} />}
    </>
  )
}
