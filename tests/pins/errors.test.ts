/**
 * Frozen: what programs that talk to Castellan switch on. A failing pin is a breaking change: say so in the commit and in
 * the notes of the release, or undo it. Never weaken a pin to make a build pass.
 */
import { errorCodes, exitCodes } from '@castellan/contracts'
import { expect, test } from 'vitest'

test('the exit codes of the command line', () => {
  expect(exitCodes).toEqual({ done: 0, mistake: 1, fault: 2, refused: 3, found: 4 })
})

/** HTTP status and exit code. */
const pinned = {
  bad_request: [400, 1],
  bad_configuration: [500, 1],
  not_signed_in: [401, 3],
  no_admin_password: [503, 1],
  wrong_password: [401, 3],
  wrong_code: [401, 3],
  passkey_refused: [401, 3],
  link_spent: [410, 3],
  cross_origin: [403, 3],
  unknown_host: [421, 3],
  too_many_attempts: [429, 3],
  too_large: [413, 1],
  not_found: [404, 1],
  conflict: [409, 1],
  expired: [410, 3],
  factor_needed: [403, 3],
  refused: [403, 3],
  no_model: [409, 1],
  model_failed: [502, 2],
  model_rate_limited: [503, 2],
  model_timeout: [504, 2],
  budget_spent: [429, 3],
  circuit_open: [503, 2],
  outside_failed: [502, 2],
  address_refused: [403, 3],
  path_refused: [403, 3],
  outcome_unknown: [500, 2],
  secret_unreadable: [500, 2],
  ledger_broken: [500, 4],
  database_unavailable: [503, 2],
  graphql_unavailable: [503, 2],
  already_running: [409, 1],
  not_running: [503, 1],
  port_busy: [500, 1],
  internal: [500, 2],
}

test('the error codes with their HTTP status and exit code', () => {
  const now = Object.entries(errorCodes).map(([code, { http, exit }]) => [code, [http, exit]])
  expect(Object.fromEntries(now)).toEqual(pinned)
})
