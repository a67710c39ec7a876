/** The interactive chat: a line in, the answer streaming out, questions asked in place. */
import { createInterface, type Interface } from 'node:readline/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { type Event, QuestionView, type QuotedValue, RunView, type TextRange } from '@castellan/contracts'
import { callLines, receiptLines } from './answer.ts'
import { cardLines } from './card.ts'
import type { Client } from './client.ts'
import { fail, print, say, styled } from './output.ts'
import { Pastes } from './pastes.ts'
import { Numbering, quotations } from './quoted.ts'
import { hasEnded, resultOf } from './run.ts'
import { visible, visibleLine } from './visible.ts'

/** A message with what of it is not the owner's own words. */
export interface Message {
  readonly text: string
  readonly pasted: readonly TextRange[]
}

/** Talks until end of input or `/quit`. `send` delivers a message and gives back its run. */
export async function converse(
  client: Client,
  conversation: string,
  send: (message: Message) => Promise<string>,
): Promise<undefined> {
  say(`conversation ${conversation}; /quit ends it, Ctrl-C stops an answer`)
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt: '› ' })
  const screen = process.stderr.isTTY ? process.stderr : { write: () => {} }
  const pastes = new Pastes(terminal, { input: process.stdin, output: screen })
  const stream = new Stream(client)
  let active: string | null = null
  terminal.on('SIGINT', () => {
    if (active === null) return terminal.close()
    say('stopping …')
    client
      .send('POST', `/api/runs/${active}/stop`, undefined, RunView)
      .catch((error: unknown) => fail(error, false))
  })
  terminal.prompt()
  for await (const line of terminal) {
    const text = line.trim()
    const pasted = pastes.next()
    if (text === '/quit') break
    if (text !== '') {
      try {
        active = await send({ text: line, pasted })
        await follow(client, active, terminal, stream)
      } catch (error) {
        fail(error, false)
      }
      active = null
    }
    terminal.prompt()
  }
  stream.stop()
  pastes.stop()
  terminal.close()
  return undefined
}

/** Prints what the agent writes while it writes it. What it missed is printed from the result. */
class Stream {
  readonly #abort = new AbortController()
  #run = ''
  #step = ''
  #printed = ''
  #numbering = new Numbering()

  constructor(client: Client) {
    this.#listen(client).catch((error: unknown) => fail(error, false))
  }

  async #listen(client: Client): Promise<void> {
    for await (const event of client.events(this.#abort.signal)) this.#show(event)
  }

  #show(event: Event): void {
    if (event.type === 'delta' && event.run === this.#run) {
      if (event.step !== this.#step) this.#turnTo(event.step)
      // A gap: the rest comes with the result.
      if (event.offset !== this.#printed.length) return
      this.#printed += event.text
      process.stdout.write(visible(this.#numbering.add(event.text)))
    }
    if (event.type === 'entry' && event.entry.kind === 'call' && event.entry.run === this.#run) {
      const { skill, state, decision, error } = event.entry.call
      const told = (decision?.why ?? error ?? '').replace(/^It needs your yes:/, 'it needed your yes:')
      const why = state === 'refused' && told !== '' ? `: ${visibleLine(told)}` : ''
      say(styled('dim', `  ${skill} ${state}${why}`))
      for (const line of callLines(event.entry.call)) say(line)
    }
  }

  #turnTo(step: string): void {
    if (this.#printed !== '') process.stdout.write(`${visible(this.#numbering.end())}\n`)
    this.#step = step
    this.#printed = ''
    this.#numbering = new Numbering()
  }

  begin(run: string): void {
    this.#run = run
    this.#step = ''
    this.#printed = ''
    this.#numbering = new Numbering()
  }

  /** Prints what of the reply has not been streamed, and below it what it quotes. */
  finish(reply: string | null, values: readonly QuotedValue[]): void {
    const isStreamed = reply?.startsWith(this.#printed) === true
    if (!isStreamed && this.#printed !== '') this.#turnTo('')
    const rest = reply?.slice(isStreamed ? this.#printed.length : 0) ?? ''
    const shown = visible(this.#numbering.add(rest) + this.#numbering.end())
    if (reply !== null || shown !== '') print(shown)
    for (const line of quotations(values, this.#numbering.refs)) print(line)
    this.#run = ''
  }

  stop(): void {
    this.#abort.abort()
  }
}

async function follow(client: Client, run: string, terminal: Interface, stream: Stream): Promise<void> {
  stream.begin(run)
  const seen = new Set<string>()
  let leftOpen = false
  for (;;) {
    // A question that was left open keeps the run waiting: then only its end is news at once.
    const result = await resultOf(client, run, leftOpen ? 'done' : 'question')
    if (hasEnded(result)) {
      stream.finish(result.reply, result.values)
      for (const line of receiptLines(result)) say(line)
      if (result.run.error !== null) say(`error: ${visibleLine(result.run.error)}`)
      return
    }
    const open = result.approvals.filter((each) => each.state === 'open' && !seen.has(each.question))
    for (const { question } of open) {
      seen.add(question)
      if (!(await ask(client, question, terminal))) leftOpen = true
    }
    // The run takes a moment to hear of an answer, and until then looks as if it still asked.
    if (open.length === 0 && !leftOpen) await wait(100)
  }
}

/** Shows the card and takes a yes or a no. False when it stays open. */
async function ask(client: Client, id: string, terminal: Interface): Promise<boolean> {
  const question = await client.get(`/api/questions/${id}`, QuestionView)
  // Answered elsewhere meanwhile.
  if (question.state !== 'open') return true
  say('')
  for (const line of cardLines(question)) say(line)
  if (question.kind === 'pause') return pausedAt(client, question, terminal)
  if (question.factor !== 'click') {
    say(`  this needs your ${question.factor}: answer it in the page (castellan open)`)
    return false
  }
  const answer = (await terminal.question('  approve? y yes, n no, Enter leaves it open: '))
    .trim()
    .toLowerCase()
  if (answer !== 'y' && answer !== 'n') return false
  const verb = answer === 'y' ? 'approve' : 'deny'
  await client.send('POST', `/api/questions/${id}/${verb}`, {}, QuestionView)
  return true
}

/** Going on is typed out: `y` is what one types without looking by then. */
async function pausedAt(client: Client, { id }: QuestionView, terminal: Interface): Promise<boolean> {
  const answer = (await terminal.question('  type "go on" or "stop"; Enter leaves it paused: '))
    .trim()
    .toLowerCase()
  if (answer !== 'go on' && answer !== 'stop') return false
  const goesOn = answer === 'go on'
  const path = `/api/questions/${id}/${goesOn ? 'approve' : 'deny'}`
  await client.send('POST', path, goesOn ? { go_on: true } : {}, QuestionView)
  return true
}
