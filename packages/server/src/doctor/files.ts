/** Findings about the instance's files: who may read them, and whether git would carry the secrets away. */
import { execFile } from 'node:child_process'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Finding } from '@castellan/contracts'
import { info, ok, problem, warning } from './finding.ts'

const run = promisify(execFile)

/** `.env*`, `run/` and the directory itself. */
export async function examineModes(directory: string): Promise<Finding[]> {
  const open: string[] = []
  for (const name of [...(await readdir(directory)).filter((each) => each.startsWith('.env')), 'run']) {
    const found = await lstat(join(directory, name)).catch(() => null)
    if (found !== null && (found.mode & 0o077) !== 0) open.push(name)
  }
  const { mode } = await lstat(directory)
  return [
    open.length === 0
      ? ok('files.modes', 'secrets are readable by their owner only')
      : problem(
          'files.modes',
          'others on this machine can read secrets',
          `open to others: ${open.join(', ')}`,
          `chmod go= ${open.map((name) => join(directory, name)).join(' ')}`,
        ),
    (mode & 0o022) === 0
      ? ok('files.directory', 'only its owner can change what is in the instance directory')
      : warning(
          'files.directory',
          'others on this machine can put files into the instance directory',
          'they could replace castellan.yaml or .env.local',
          `chmod go-w ${directory}`,
        ),
  ]
}

/** Whether `.env.secrets` could end up in a commit. */
export async function examineGit(directory: string): Promise<Finding> {
  const id = 'files.git'
  const inside = await git(directory, ['rev-parse', '--is-inside-work-tree'])
  if (inside === 'absent') return info(id, 'git is not installed, so nothing was asked of it')
  if (inside !== 'yes') return ok(id, 'the instance is in no git repository')
  const tracked = await git(directory, ['ls-files', '--error-unmatch', '--', '.env.secrets'])
  if (tracked === 'yes') {
    return problem(
      id,
      '.env.secrets is in the git index',
      'the next commit carries it, and earlier ones may have',
      'git rm --cached .env.secrets, then change every secret in it',
    )
  }
  const ignored = await git(directory, ['check-ignore', '-q', '--', '.env.secrets'])
  if (ignored === 'yes') return ok(id, 'git ignores .env.secrets')
  return warning(
    id,
    'git does not ignore .env.secrets',
    'a git add of the directory would take it along',
    "add the line '.env*' to .gitignore of the instance",
  )
}

async function git(directory: string, args: readonly string[]): Promise<'yes' | 'no' | 'absent'> {
  try {
    // Root asks about a directory of another user without git's objection; nothing of it is run.
    await run('git', ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false', '-C', directory, ...args])
    return 'yes'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'no'
  }
}
