/**
 * A clock that jumps, for one process only: loaded before the house by `node --import`. At SIGUSR2 the process reads from
 * the file `clock` above its instance by how many milliseconds its time of day is off from then on. Timers keep their pace.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const RealDate = Date
let offset = 0
const now = () => RealDate.now() + offset

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})

const directory = process.argv[process.argv.indexOf('--dir') + 1] ?? ''
process.on('SIGUSR2', () => {
  offset = Number(readFileSync(join(dirname(directory), 'clock'), 'utf8'))
})
