/** What the agent told the owner outside of conversations, and what could not be delivered. */
import type { Notice } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { noticesQuery } from '../queries.ts'
import { InlineVerbatim } from '../text/verbatim.tsx'
import { When } from '../time/when.tsx'
import './told.css'

const undelivered = ({ state, channel, error }: Notice): string | null => {
  if (state === 'dead')
    return `This could not be delivered by ${channel}: ${error ?? 'the reason is not known'}.`
  return state === 'ready' ? `On its way by ${channel}.` : null
}

/** The list; nothing at all while there is nothing to tell. */
export const Told = () => {
  const { data = [] } = useQuery(noticesQuery)
  if (data.length === 0) return null
  return (
    <section className="told" aria-labelledby="told-title">
      <h2 id="told-title">Told to you</h2>
      <ul>
        {data.map((notice) => (
          <li key={notice.id}>
            <span className="quiet small">
              <When at={notice.at} />
            </span>
            <p>
              <InlineVerbatim text={notice.text} />
            </p>
            {undelivered(notice) !== null && <p className="quiet small">{undelivered(notice)}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}
