/** `castellan memory`: what is remembered, with who could have written it, and forgetting it. */
import { MemoryList } from '@castellan/contracts'
import type { Command } from 'commander'
import { nothing } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, styled } from '../output.ts'
import { visible, visibleLine } from '../visible.ts'

/** Adds `memory search|forget`. */
export function addMemory(program: Command): void {
  const group = program.command('memory').description('what castellan remembers')
  act(leaf(group, 'search [words...]', 'finds memories by words; the newest without any'), search)
  act(leaf(group, 'forget <id>', 'forgets one memory'), forget)
}

async function search(run: Run, words: string[]): Promise<void> {
  const query = words.length === 0 ? '' : `?q=${encodeURIComponent(words.join(' '))}`
  const found = await (await run.client()).get(`/api/memory${query}`, MemoryList)
  if (run.json) return printJson(found)
  if (found.memories.length === 0) say('nothing found')
  for (const memory of found.memories) {
    print(visible(memory.text))
    print(styled('dim', `  id ${memory.id}  from ${memory.label.sources.map(visibleLine).join(', ')}`))
  }
}

async function forget(run: Run, id: string): Promise<void> {
  await (await run.client()).send('DELETE', `/api/memory/${encodeURIComponent(id)}`, undefined, nothing)
  if (run.json) printJson({ id, forgotten: true })
  else print(`forgot ${id}`)
}
