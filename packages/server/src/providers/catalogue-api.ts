/** The providers of plain OAuth 2.0: no id token, so the account is what their own API says of the token's bearer. */
import { firstOf, id, profile, text, within } from './read.ts'
import type { Endpoint, OAuth, ProviderRow } from './row.ts'

const api = (issuer: string, authorize: string, token: string, user: Endpoint, emails?: Endpoint): OAuth => ({
  type: 'oauth',
  ...{ issuer, authorize, token, user },
  ...(emails === undefined ? {} : { emails }),
})

/** Rows of catalogue.ts. */
export const apiRows: readonly ProviderRow[] = [
  {
    kind: 'github',
    title: 'GitHub',
    source: 'https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
    register: 'https://github.com/settings/developers',
    protocol: api(
      'https://github.com/login/oauth',
      'https://github.com/login/oauth/authorize',
      'https://github.com/login/oauth/access_token',
      { url: 'https://api.github.com/user' },
      { url: 'https://api.github.com/user/emails' },
    ),
    scopes: 'read:user user:email',
    ...{ auth: 'post', pkce: true, saysVerified: true },
    // The profile's address is whatever its owner shows; only the list says which are confirmed.
    read: (raw, emails) => {
      const primary = firstOf(emails, (entry) => entry['primary'] === true)
      const name = text(raw['name']) ?? raw['login']
      return profile({ subject: id(raw['id']), name, email: primary['email'], verified: primary['verified'] })
    },
  },
  {
    kind: 'discord',
    title: 'Discord',
    source: 'https://discord.com/developers/docs/topics/oauth2',
    register: 'https://discord.com/developers/applications',
    protocol: api(
      'https://discord.com',
      'https://discord.com/oauth2/authorize',
      'https://discord.com/api/oauth2/token',
      { url: 'https://discord.com/api/users/@me' },
    ),
    scopes: 'identify email',
    ...{ auth: 'post', pkce: true, saysVerified: true },
    read: (raw) =>
      profile({
        subject: text(raw['id']),
        name: text(raw['global_name']) ?? raw['username'],
        email: raw['email'],
        verified: raw['verified'],
      }),
  },
  {
    kind: 'facebook',
    title: 'Facebook',
    source: 'https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow',
    register: 'https://developers.facebook.com/apps/',
    protocol: api(
      'https://www.facebook.com',
      'https://www.facebook.com/dialog/oauth',
      'https://graph.facebook.com/oauth/access_token',
      { url: 'https://graph.facebook.com/me?fields=id,name,email' },
    ),
    scopes: 'public_profile email',
    ...{ auth: 'post', pkce: true, saysVerified: false },
    // It does not say whether the address was confirmed.
    read: (raw) => profile({ subject: text(raw['id']), name: raw['name'], email: raw['email'] }),
  },
  {
    kind: 'x',
    title: 'X',
    source: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code',
    register: 'https://developer.x.com/en/portal/dashboard',
    protocol: api('https://x.com', 'https://x.com/i/oauth2/authorize', 'https://api.x.com/2/oauth2/token', {
      url: 'https://api.x.com/2/users/me',
    }),
    scopes: 'users.read tweet.read',
    ...{ auth: 'basic', pkce: true, saysVerified: false },
    read: (raw) => {
      const user = within(raw, 'data')
      return profile({ subject: text(user['id']), name: text(user['username']) ?? user['name'] })
    },
  },
  {
    kind: 'spotify',
    title: 'Spotify',
    source: 'https://developer.spotify.com/documentation/web-api/tutorials/code-flow',
    register: 'https://developer.spotify.com/dashboard',
    protocol: api(
      'https://accounts.spotify.com',
      'https://accounts.spotify.com/authorize',
      'https://accounts.spotify.com/api/token',
      { url: 'https://api.spotify.com/v1/me' },
    ),
    scopes: 'user-read-private user-read-email',
    ...{ auth: 'basic', pkce: true, saysVerified: false },
    // Its reference says of the address: "unverified".
    read: (raw) => profile({ subject: text(raw['id']), name: raw['display_name'], email: raw['email'] }),
  },
  {
    kind: 'bitbucket',
    title: 'Bitbucket',
    source: 'https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/',
    register: 'https://bitbucket.org/account/workspaces/',
    protocol: api(
      'https://bitbucket.org',
      'https://bitbucket.org/site/oauth2/authorize',
      'https://bitbucket.org/site/oauth2/access_token',
      { url: 'https://api.bitbucket.org/2.0/user' },
      { url: 'https://api.bitbucket.org/2.0/user/emails' },
    ),
    scopes: 'account email',
    ...{ auth: 'basic', pkce: false, saysVerified: true },
    read: (raw, emails) => {
      const list =
        typeof emails === 'object' && emails !== null ? (emails as { values?: unknown }).values : []
      const primary = firstOf(list, (entry) => entry['is_primary'] === true)
      return profile({
        subject: text(raw['uuid']),
        name: text(raw['display_name']) ?? raw['username'],
        email: primary['email'],
        verified: primary['is_confirmed'],
      })
    },
  },
  {
    kind: 'zoom',
    title: 'Zoom',
    source: 'https://developers.zoom.us/docs/integrations/oauth/',
    register: 'https://marketplace.zoom.us/develop/create',
    protocol: api('https://zoom.us', 'https://zoom.us/oauth/authorize', 'https://zoom.us/oauth/token', {
      url: 'https://api.zoom.us/v2/users/me',
    }),
    scopes: 'user:read:user',
    ...{ auth: 'basic', pkce: true, saysVerified: true },
    read: (raw) =>
      profile({
        subject: text(raw['id']),
        name: raw['display_name'],
        email: raw['email'],
        verified: raw['verified'] === 1,
      }),
  },
  {
    kind: 'notion',
    title: 'Notion',
    source: 'https://developers.notion.com/docs/authorization',
    register: 'https://www.notion.so/profile/integrations',
    protocol: api(
      'https://api.notion.com',
      'https://api.notion.com/v1/oauth/authorize',
      'https://api.notion.com/v1/oauth/token',
      { url: 'https://api.notion.com/v1/users/me', headers: { 'notion-version': '2022-06-28' } },
    ),
    scopes: '',
    extra: { owner: 'user' },
    ...{ auth: 'basic', pkce: false, saysVerified: false },
    // The token is a bot's; the person is the one who made it.
    read: (raw) => {
      const user = within(raw, 'bot', 'owner', 'user')
      const email = within(user, 'person')['email']
      return profile({ subject: text(user['id']), name: user['name'], email })
    },
  },
  {
    kind: 'dropbox',
    title: 'Dropbox',
    source: 'https://developers.dropbox.com/oauth-guide',
    register: 'https://www.dropbox.com/developers/apps',
    protocol: api(
      'https://www.dropbox.com',
      'https://www.dropbox.com/oauth2/authorize',
      'https://api.dropboxapi.com/oauth2/token',
      { url: 'https://api.dropboxapi.com/2/users/get_current_account', method: 'POST' },
    ),
    scopes: 'account_info.read',
    ...{ auth: 'post', pkce: true, saysVerified: true },
    read: (raw) =>
      profile({
        subject: text(raw['account_id']),
        name: within(raw, 'name')['display_name'],
        email: raw['email'],
        verified: raw['email_verified'],
      }),
  },
]
