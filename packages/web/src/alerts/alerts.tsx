/** Alerts in "Waiting for you": what happened that somebody should know, until they say that they have seen it. */
import { AlertList, AlertView } from '@castellan/contracts'
import { Button } from '@mantine/core'
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { ask } from '../http.ts'
import { StateWord, Trouble } from '../parts.tsx'
import { client } from '../queries.ts'
import { Verbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import './alerts.css'

/** One's own alerts that one has not seen. Asked now and then too, because events reach only who may chat. */
export const alertsQuery = queryOptions({
  queryKey: ['alerts'],
  queryFn: () => ask(AlertList, '/api/alerts'),
  refetchInterval: 60_000,
})

const seen = (id: string) => ask(AlertView, `/api/alerts/${encodeURIComponent(id)}/seen`, { method: 'POST' })

const Alert = ({ alert }: { alert: AlertView }) => {
  const close = useMutation({
    mutationFn: () => seen(alert.id),
    onSettled: () => client.invalidateQueries({ queryKey: alertsQuery.queryKey }),
  })
  const facts = Object.entries(alert.facts).filter(([, fact]) => fact !== '')
  return (
    <li className="alert">
      <StateWord glyph="ask" tone="wait">
        Look at this
      </StateWord>
      <p className="alert-sentence">{alert.sentence}</p>
      {facts.length > 0 && (
        <dl className="alert-facts">
          {facts.map(([name, fact]) => (
            <div key={name}>
              <dt>{name.replaceAll('_', ' ')}</dt>
              <dd>
                <Verbatim text={String(fact)} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <div className="row">
        <span className="quiet small">
          {alert.times > 1 && `${alert.times} times, the last `}
          <When at={alert.last_at} />
        </span>
        <Button
          className="push"
          aria-label={`Seen: ${alert.sentence}`}
          loading={close.isPending}
          onClick={() => close.mutate()}
        >
          Seen
        </Button>
      </div>
      {close.error !== null && <Trouble error={close.error} />}
    </li>
  )
}

/** The list; nothing at all while there is nothing to look at. */
export const Alerts = () => {
  const { data } = useQuery(alertsQuery)
  if (data === undefined || data.total === 0) return null
  const more = data.total - data.alerts.length
  return (
    <section aria-labelledby="alerts-title">
      <h2 id="alerts-title" className="unseen">
        Alerts
      </h2>
      <ul className="sheet ruled plain-list">
        {data.alerts.map((alert) => (
          <Alert key={alert.id} alert={alert} />
        ))}
      </ul>
      {more > 0 && (
        <p className="quiet small">{more.toLocaleString('en')} older ones come up as you see these.</p>
      )}
    </section>
  )
}
