/** Find anything: rooms, conversations, settings, models, ledger rows; Ctrl K or ⌘K. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { Glyph, type GlyphName } from '../glyphs.tsx'
import { conversationsQuery, modelsQuery, overviewQuery, settingsQuery } from '../queries.ts'
import { firstSteps, pagesFor, roomsFor } from './rooms.ts'

interface Item {
  key: string
  glyph: GlyphName
  name: string
  where: string
  also: string
  go: () => void
}

const useItems = (text: string): Item[] => {
  const navigate = useNavigate()
  const { data } = useQuery(overviewQuery)
  const left = data?.first_run.length ?? 0
  const chats = data?.you.chats === true
  const isOwner = chats && data.you.role === 'owner'
  const talks = useQuery({ ...conversationsQuery, enabled: chats }).data ?? []
  const options = useQuery({ ...settingsQuery, enabled: isOwner }).data ?? []
  const models = useQuery({ ...modelsQuery, enabled: isOwner }).data ?? []
  const rows = [...roomsFor(data?.you), ...(left > 0 ? [firstSteps] : [])]
  const row = /^#?(\d{1,12})$/.exec(text.trim())?.[1]
  const to = (path: string) => () => void navigate({ to: path })
  return [
    ...(row === undefined || !isOwner
      ? []
      : [
          {
            key: 'row',
            glyph: 'ledger' as const,
            name: `Ledger row ${row}`,
            where: 'Ledger',
            also: row,
            go: () => void navigate({ to: '/ledger', search: { row: Number(row) } }),
          },
        ]),
    ...rows.map((r) => ({
      key: r.to,
      glyph: r.glyph,
      name: r.name,
      where: 'Room',
      also: r.also,
      go: to(r.to),
    })),
    ...(chats
      ? [
          {
            key: 'new',
            glyph: 'plus' as const,
            name: 'New conversation',
            where: 'Chat',
            also: 'fresh',
            go: to('/chat'),
          },
        ]
      : []),
    ...pagesFor(isOwner).map((page) => ({ ...page, key: `page-${page.to}`, go: to(page.to) })),
    ...talks.map((t) => ({
      key: t.id,
      glyph: 'chat' as const,
      name: t.title || 'Conversation',
      where: 'Conversation',
      also: '',
      go: () => void navigate({ to: '/chat/$id', params: { id: t.id } }),
    })),
    ...models.map((m) => ({
      key: `model-${m.name}`,
      glyph: 'model' as const,
      name: m.name,
      where: 'Model',
      also: m.model,
      go: to('/models'),
    })),
    ...options.map((o) => ({
      key: `option-${o.name}`,
      glyph: 'settings' as const,
      name: o.name,
      where: 'Option',
      also: o.doc,
      go: () => void navigate({ to: '/settings', hash: o.name }),
    })),
  ]
}

/** Every word typed must occur; an item whose name begins so comes first. */
const pick = (items: readonly Item[], text: string): Item[] => {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((w) => w !== '')
  const score = (item: Item): number => {
    const name = item.name.toLowerCase()
    if (!words.every((w) => name.includes(w) || item.also.toLowerCase().includes(w))) return -1
    return name.startsWith(words[0] ?? '') ? 2 : words.every((w) => name.includes(w)) ? 1 : 0
  }
  return items
    .map((item) => ({ item, score: score(item) }))
    .filter((s) => s.score >= 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, 12)
    .map((s) => s.item)
}

const Hits = ({
  hits,
  at,
  listId,
  choose,
}: {
  hits: readonly Item[]
  at: number
  listId: string
  choose: (item: Item) => void
}) => (
  <div id={listId} role="listbox" aria-label="Found" className="palette-list">
    {hits.map((item, index) => (
      // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the field above holds the focus and the keys.
      <div
        key={item.key}
        id={`${listId}-${index}`}
        role="option"
        aria-selected={index === at}
        className="palette-item"
        onClick={() => choose(item)}
      >
        <Glyph name={item.glyph} />
        <span className="palette-name">{item.name}</span>
        <span className="quiet small push">{item.where}</span>
      </div>
    ))}
    {hits.length === 0 && <p className="quiet palette-none">Nothing has that name.</p>}
  </div>
)

/** The palette; it lives only while it is open. */
export const Palette = ({ onClose }: { onClose: () => void }) => {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const listId = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const hits = pick(useItems(text), text)
  useEffect(() => dialog.current?.showModal(), [])
  const choose = (item: Item): void => {
    dialog.current?.close()
    item.go()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((at + step + hits.length) % Math.max(1, hits.length))
    } else if (event.key === 'Enter') {
      const item = hits[at]
      if (item !== undefined) choose(item)
    }
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click only adds to Escape.
    <dialog
      ref={dialog}
      className="pane palette"
      aria-label="Find anything"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="palette-field">
        <Glyph name="find" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={hits.length > 0 ? `${listId}-${at}` : undefined}
          aria-label="Find a room, a conversation, a setting or a ledger row"
          placeholder="Find a room, a conversation, a setting, a ledger row"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <Hits hits={hits} at={at} listId={listId} choose={choose} />
    </dialog>
  )
}
