/**
 * The options: one row each, and nowhere else. `boot` options are read from the cascade at every start; `runtime` options
 * live in the database and are changed while running. docs/reference/options.md is made from these rows.
 */
import { isIP } from 'node:net'
import {
  choice,
  host,
  integer,
  type Kind,
  list,
  type OptionValue,
  port,
  postgresUrl,
  secret,
  smtpUrl,
  text,
  timeZone,
} from './values.ts'

/** One option. */
export interface Option<T extends OptionValue = OptionValue> {
  readonly kind: Kind<NonNullable<T>>
  /** In force when nothing names another value. */
  readonly default: T
  readonly scope: 'boot' | 'runtime'
  /** Never shown; has a twin `<NAME>_FILE` that names a file holding it. */
  readonly secret: boolean
  /** One sentence. */
  readonly doc: string
}

function boot<T extends OptionValue>(kind: Kind<NonNullable<T>>, fallback: T, doc: string): Option<T> {
  return { kind, default: fallback, scope: 'boot', secret: false, doc }
}

function bootSecret(kind: Kind<string>, doc: string): Option<string | null> {
  return { kind, default: null, scope: 'boot', secret: true, doc }
}

function runtime<T extends OptionValue>(kind: Kind<NonNullable<T>>, fallback: T, doc: string): Option<T> {
  return { kind, default: fallback, scope: 'runtime', secret: false, doc }
}

const path = text(/^[^\0]{1,4096}$/, 'a path')
/** Not `/0`: who is trusted may name any address as the sender's. */
const ipOrRange = (item: string) => isIP(item.replace(/\/\d{1,3}$/, '')) !== 0 && !/\/0+$/.test(item)
/** `TEAMID.com.example.app`, as Apple writes it. */
const isAppleApp = (item: string) => /^[A-Z0-9]{10}\.[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(item)
/** `com.example.app/AA:BB:…`: the package, and SHA-256 of the certificate that signs it. */
const isAndroidApp = (item: string) =>
  /^[a-zA-Z]\w*(\.[a-zA-Z]\w*)+\/[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}$/.test(item)
const isOrigin = (item: string) => URL.canParse(item) && new URL(item).origin === item.replace(/\/$/, '')

const bootRows = {
  PORT: boot<number>(port, 7420, 'The port that the UI and the API listen on.'),
  HOST: boot<string>(
    host,
    'localhost',
    'The address to listen on; `localhost` is 127.0.0.1 and ::1, anything but loopback needs TLS_CERT_FILE and TLS_KEY_FILE.',
  ),
  TLS_CERT_FILE: boot<string | null>(path, null, 'PEM file with the certificate chain to serve HTTPS with.'),
  TLS_KEY_FILE: boot<string | null>(path, null, 'PEM file with the private key of TLS_CERT_FILE.'),
  PUBLIC_ORIGINS: boot<readonly string[]>(
    list(isOrigin, 'origins such as https://castle.example'),
    [],
    'Origins under which a reverse proxy serves this instance.',
  ),
  TRUSTED_PROXIES: boot<readonly string[]>(
    list(ipOrRange, 'addresses or ranges'),
    [],
    'Addresses and ranges of reverse proxies whose X-Forwarded-For is believed.',
  ),
  LOG_LEVEL: boot<'debug' | 'info' | 'warn' | 'error'>(
    choice('debug', 'info', 'warn', 'error'),
    'info',
    'The least that is logged.',
  ),
  DATABASE_URL: bootSecret(
    postgresUrl,
    'A PostgreSQL 15 or newer to use instead of the embedded one; its account makes the roles at first start.',
  ),
  ADMIN_PASSWORD: bootSecret(secret(8), 'The owner’s password; while it is unset nobody can sign in.'),
  SECRET_KEY_BASE: bootSecret(
    secret(32),
    'Every encryption key is made from it; without it stored secrets are lost.',
  ),
  CASTELLAN_APP_PASSWORD: bootSecret(secret(16), 'Password of the serving database role.'),
  CASTELLAN_MIGRATE_PASSWORD: bootSecret(secret(16), 'Password of the database role that owns the tables.'),
  CASTELLAN_API_PASSWORD: bootSecret(secret(16), 'Password of the database role of GraphQL callers.'),
  CASTELLAN_DATA_PASSWORD: bootSecret(
    secret(16),
    'Password of the database role that owns your own tables (schema app).',
  ),
  HASURA_JWT_KEY: bootSecret(
    secret(32),
    'While it is set, access tokens are signed with it (HS256), for a Hasura that shares it; else with keys of our own (EdDSA).',
  ),
  SMTP_URL: bootSecret(
    smtpUrl,
    'The mail server that invitations and recovery links go out by; while it is unset the owner hands links over.',
  ),
  MAIL_FROM: boot<string | null>(
    text(/^[^\r\n]{0,100}[^\s@<>]+@[^\s@<>]+>?$/, 'an address such as castellan@example.org'),
    null,
    'The address that mail comes from; needed with SMTP_URL.',
  ),
  METRICS_TOKEN: bootSecret(
    secret(16),
    'Bearer token of /metrics; while it is unset /metrics answers nobody.',
  ),
} as const

const runtimeRows = {
  SIGNIN_MAX_FAILURES: runtime<number>(
    integer(1, 100),
    5,
    'Wrong passwords from one address before it is blocked.',
  ),
  SIGNIN_BLOCK_MINUTES: runtime<number>(
    integer(1, 1440),
    15,
    'How long such an address stays blocked, in minutes.',
  ),
  SESSION_HOURS: runtime<number>(integer(1, 8), 8, 'How long a session lasts, in hours.'),
  AUTH_RATE_LIMIT: runtime<number>(integer(1, 10_000), 30, 'Requests to /auth per minute and address.'),
  ACCESS_TOKEN_MINUTES: runtime<number>(
    integer(1, 60),
    15,
    'How long an access token of an app lives, in minutes.',
  ),
  APPLE_APP_IDS: runtime<readonly string[]>(
    list(isAppleApp, 'app ids such as ABCDE12345.com.example.app'),
    [],
    'Your own apps on Apple’s systems: they may open links to this instance and use its passkeys.',
  ),
  ANDROID_APPS: runtime<readonly string[]>(
    list(isAndroidApp, 'package/SHA-256 fingerprint of the signing certificate'),
    [],
    'Your own apps on Android: they may open links to this instance and use its passkeys.',
  ),
  APPROVAL_HOURS: runtime<number>(integer(1, 720), 24, 'How long a question stays open, in hours.'),
  GRAPHQL_MAX_DEPTH: runtime<number>(
    integer(3, 50),
    12,
    'How deep fields of a GraphQL operation may be nested.',
  ),
  GRAPHQL_MAX_COST: runtime<number>(
    integer(100, 100_000_000),
    50_000,
    'What a GraphQL operation may read at most: each field once for every row of the lists around it.',
  ),
  MODEL_TIMEOUT_SECONDS: runtime<number>(
    integer(5, 3600),
    120,
    'How long a model provider may stay silent before the call is given up, in seconds.',
  ),
  DISPLAY_TIMEZONE: runtime<string | null>(
    timeZone,
    null,
    'The time zone in which the agent tells times; the machine’s when unset.',
  ),
} as const

type Values<Rows> = { readonly [N in keyof Rows]: Rows[N] extends Option<infer T> ? T : never }

/** What boot options come to, by name. */
export type BootValues = Values<typeof bootRows>
/** What runtime options come to, by name. */
export type RuntimeValues = Values<typeof runtimeRows>
export type RuntimeName = keyof RuntimeValues
export type OptionName = keyof BootValues | RuntimeName

/** The table. No prototype, so that `__proto__` is not an option. */
export const options: Readonly<Record<OptionName, Option>> = Object.freeze(
  Object.assign(Object.create(null), bootRows, runtimeRows),
)

/** The options of one scope, in the order of the table. */
export const bootNames = Object.freeze(Object.keys(bootRows) as (keyof BootValues)[])
export const runtimeNames = Object.freeze(Object.keys(runtimeRows) as RuntimeName[])
