/** The chat: conversations on the left, one of them or a new one on the right; on a phone one at a time. */
import type { ConversationSummary } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { conversations } from '../api.ts'
import { Glyph } from '../glyphs.tsx'
import { foreignSources } from '../origin/classes.ts'
import { Loading, Trouble, useTitle } from '../parts.tsx'
import { conversationsQuery, overviewQuery, questionsQuery } from '../queries.ts'
import { When } from '../time/when.tsx'
import { Composer, type Send, setDraft } from './composer.tsx'
import { Conversation, NoModel, sendTo } from './conversation.tsx'
import './room.css'

const Row = ({ item, waits }: { item: ConversationSummary; waits: boolean }) => (
  <li>
    <Link
      to="/chat/$id"
      params={{ id: item.id }}
      className="conversation-row"
      activeProps={{ 'aria-current': 'page' }}
    >
      <span className="conversation-title">{item.title || 'Conversation'}</span>
      <span className="conversation-meta">
        {waits ? (
          <span className="waits">
            <Glyph name="waiting" size={12} /> waits for you
          </span>
        ) : item.active_run !== null ? (
          <span>
            <Glyph name="running" size={12} /> working
          </span>
        ) : (
          <When at={item.updated_at} />
        )}
        {foreignSources(item.tainted_by).length > 0 && (
          <span className="push" title={`Has read ${item.tainted_by.join(', ')}`}>
            <span className="unseen">has read foreign content</span>
            <Glyph name="web" size={12} />
          </span>
        )}
      </span>
    </Link>
  </li>
)

const List = ({ only }: { only: boolean }) => {
  const { data, error } = useQuery(conversationsQuery)
  const open = useQuery(questionsQuery).data ?? []
  const waiting = new Set(open.map((q) => q.conversation))
  const sorted = (data ?? []).toSorted((a, b) => b.updated_at.localeCompare(a.updated_at))
  return (
    <nav className="conversation-list" aria-label="Conversations">
      <div className="conversation-list-head">
        {only ? <h1>Conversations</h1> : <h2>Conversations</h2>}
        <Link to="/chat" className="new-conversation">
          <Glyph name="plus" size={14} /> New
        </Link>
      </div>
      {error !== null && <Trouble error={error} />}
      {data === undefined && error === null && <Loading what="conversations" />}
      {data?.length === 0 && (
        <p className="quiet small conversation-none">What you write to Castellan is kept here.</p>
      )}
      <ul>
        {sorted.map((item) => (
          <Row key={item.id} item={item} waits={waiting.has(item.id)} />
        ))}
      </ul>
    </nav>
  )
}

const examples = [
  'Read https://lwn.net/headlines/rss and tell me what is new since yesterday.',
  'Write three lines about our boiler and save them as boiler.md.',
  'What do you remember about the garden?',
]

const Fresh = () => {
  const navigate = useNavigate()
  const { data } = useQuery(overviewQuery)
  const [chosen, setChosen] = useState(0)
  useTitle('New conversation')
  const choose = (example: string): void => {
    setDraft('new', example)
    setChosen(chosen + 1)
  }
  const send: Send = async (message, externalId) => {
    const created = await conversations.create({})
    await sendTo(created.id, message, externalId)
    await navigate({ to: '/chat/$id', params: { id: created.id } })
  }
  return (
    <section className="conversation" aria-label="New conversation">
      <div className="conversation-scroll fresh">
        <div className="fresh-page">
          <h1>What should Castellan do?</h1>
          <p className="quiet">
            It reads freely, shows every step here, and stops to ask before it acts on words that are not
            yours. For example:
          </p>
          <ul className="ruled sheet">
            {examples.map((example) => (
              <li key={example}>
                <button type="button" className="example" onClick={() => choose(example)}>
                  {example}
                </button>
              </li>
            ))}
          </ul>
          {data !== undefined && data.skills.length > 0 && (
            <p className="quiet small">
              It can use {data.skills.length} skills:{' '}
              <span className="mono">{data.skills.map((s) => s.name).join(', ')}</span>.
            </p>
          )}
        </div>
      </div>
      <div className="conversation-foot">
        <NoModel />
        <Composer
          key={chosen}
          place="new"
          placeholder="Write to Castellan"
          focus={chosen > 0}
          onStop={null}
          onSend={send}
        />
      </div>
    </section>
  )
}

/** The room; without an id a new conversation. `list` asks for the list on a phone. */
export const ChatRoom = ({ id, list }: { id: string | null; list: boolean }) => (
  <div className="chat" data-show={list ? 'list' : 'conversation'}>
    <List only={list} />
    {id === null ? <Fresh /> : <Conversation key={id} id={id} />}
  </div>
)
