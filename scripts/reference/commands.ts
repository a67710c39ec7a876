/** docs/reference/cli.md, made from what `castellan help --json` says. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as z from 'zod'
import { table } from './table.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../packages/cli/bin/castellan.js', import.meta.url))

const Flag = z.object({ flags: z.string(), summary: z.string(), choices: z.array(z.string()).nullable() })
const Command = z.object({
  name: z.string(),
  summary: z.string(),
  arguments: z.array(z.object({ name: z.string(), required: z.boolean(), many: z.boolean() })),
  flags: z.array(Flag),
})
type Command = z.infer<typeof Command>
const Help = z.object({
  commands: z.array(Command),
  exit_codes: z.array(z.object({ code: z.number(), name: z.string(), meaning: z.string() })),
})

/** Flags that are told of once, because nearly every command takes them. */
const shared = ['--json', '--dir <instance>']

/** The page as Markdown; a test compares it with the committed one. */
export async function commandsReference(): Promise<string> {
  const { stdout } = await run(process.execPath, [program, 'help', '--json'])
  const help = Help.parse(JSON.parse(stdout))
  const codes = help.exit_codes.map(({ code, meaning }) => [String(code), meaning])
  const common = shared.map((flags) => {
    const found = help.commands.flatMap((each) => each.flags).find((flag) => flag.flags === flags)
    return [`\`${flags}\``, found?.summary ?? '']
  })
  return `# The castellan command

Made from \`castellan help --json\` by \`node scripts/reference.ts\`; do not edit.

Data goes to stdout, everything else to stderr. Every command takes these flags (\`help\` only the first):

${table(['flag', 'what for'], common)}
It ends with one of these codes:

${table(['exit code', 'meaning'], codes)}
${help.commands.map(section).join('\n')}`
}

function section(command: Command): string {
  const own = command.flags.filter(({ flags }) => !shared.includes(flags))
  const rows = own.map(({ flags, summary, choices }) => [
    `\`${flags}\``,
    choices === null ? summary : `${summary}: ${choices.map((choice) => `\`${choice}\``).join(', ')}`,
  ])
  const flags = rows.length === 0 ? '' : `\n${table(['flag', 'what for'], rows)}`
  return `## \`${usage(command)}\`\n\n${sentence(command.summary)}\n${flags}`
}

function usage({ name, arguments: parameters }: Command): string {
  const words = parameters.map(({ name: word, required, many }) => {
    const text = many ? `${word}...` : word
    return required ? `<${text}>` : `[${text}]`
  })
  return ['castellan', name, ...words].join(' ')
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}
