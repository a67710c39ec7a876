/** `castellan chat`: one message with its answer, or a conversation with streaming and questions answered in place. */
import { randomUUID } from 'node:crypto'
import { text as readAll } from 'node:stream/consumers'
import {
  Accepted,
  CastellanError,
  ConversationSummary,
  exitCodes,
  type RunResult,
} from '@castellan/contracts'
import type { Command } from 'commander'
import { receiptLines } from '../answer.ts'
import { attach } from '../attach.ts'
import type { Client } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { converse, type Message } from '../conversation.ts'
import { print, printJson, say } from '../output.ts'
import { quoted } from '../quoted.ts'
import { waitForRun } from '../run.ts'
import { visibleLine } from '../visible.ts'

interface Options {
  readonly wait?: boolean
  readonly conversation?: string
  readonly persona?: string
  readonly attach?: readonly string[]
}

/** Adds `chat`. */
export function addChat(program: Command): void {
  const command = leaf(
    program,
    'chat [text...]',
    'talks to the agent; with a text, once; a text that ends with - goes on with what is piped in',
  )
    .option(
      '--attach <file>',
      'send a file along; may be given up to ten times',
      (file, all: string[] = []) => [...all, file],
    )
    .option('--wait', 'wait until questions are answered elsewhere')
    .option('--conversation <id>', 'go on with a conversation')
    .option('--persona <name>', 'whom to talk to in a new conversation')
  act(command, chat)
}

async function chat(run: Run, words: string[], options: Options): Promise<number | undefined> {
  const client = await run.client()
  const piped = process.stdin.isTTY !== true
  const message = await messageOf(words, piped)
  const files = options.attach ?? []
  if (message.text === '' && (piped || run.json || files.length > 0)) {
    throw new CastellanError('bad_request', 'there is no text to send', {
      hint: 'castellan chat "what to say"',
    })
  }
  // First, so that a file that cannot be sent leaves no empty conversation.
  const attachments = await attach(client, files)
  const conversation = await chooseConversation(client, options)
  if (message.text === '') return converse(client, conversation, (line) => send(client, conversation, line))
  const result = await waitForRun(client, await send(client, conversation, message, attachments), {
    until: options.wait === true ? 'done' : 'question',
    tell: say,
  })
  if (run.json) printJson(result)
  else show(result)
  return exitCodeOf(result)
}

/** What stands on the command line was typed; what comes through a pipe is a file or another program's output. */
async function messageOf(words: readonly string[], piped: boolean): Promise<Message> {
  const reads = words.at(-1) === '-' || (words.length === 0 && piped)
  const said = (words.at(-1) === '-' ? words.slice(0, -1) : words).join(' ').trim()
  const read = reads ? (await readAll(process.stdin)).trim() : ''
  if (read === '') return { text: said, pasted: [] }
  const text = said === '' ? read : `${said}\n\n${read}`
  return { text, pasted: [{ from: text.length - read.length, to: text.length }] }
}

async function chooseConversation(client: Client, options: Options): Promise<string> {
  if (options.conversation !== undefined) return options.conversation
  const body = options.persona === undefined ? {} : { persona: options.persona }
  return (await client.send('POST', '/api/conversations', body, ConversationSummary)).id
}

/** Sends one message and gives back its run. The id makes a repeated delivery harmless. */
async function send(
  client: Client,
  conversation: string,
  message: Message,
  attachments: readonly string[] = [],
): Promise<string> {
  const body = { ...message, attachments, channel: 'terminal', external_id: randomUUID() }
  const path = `/api/conversations/${encodeURIComponent(conversation)}/messages`
  return (await client.send('POST', path, body, Accepted)).run
}

function show(result: RunResult): void {
  if (result.reply !== null) print(quoted(result.reply, result.values))
  for (const line of receiptLines(result)) say(line)
  for (const { skill, decision } of result.decisions.filter((each) => each.decision.decision === 'deny')) {
    say(`${skill} was refused: ${visibleLine(decision.why)}`)
  }
  for (const question of result.approvals.filter((each) => each.state === 'open')) {
    say(`waits for you: ${question.skill}, because ${visibleLine(question.why)}`)
    say(`hint: castellan approvals approve ${question.question}`)
  }
  if (result.run.error !== null) say(`error: ${visibleLine(result.run.error)}`)
  say(`conversation ${result.run.conversation}`)
}

/** A run that failed is the system's fault; one that waits, was stopped or refused something has done what it could. */
function exitCodeOf(result: RunResult): number {
  return result.run.state === 'failed' ? exitCodes.fault : exitCodes.done
}
