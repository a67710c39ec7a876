/** Every address of the UI. An address names what is shown, so that it can be shared with another signed-in person. */
import { LedgerKind } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
  Navigate,
} from '@tanstack/react-router'
import * as z from 'zod'
import { Room, Trouble } from './parts.tsx'
import { overviewQuery } from './queries.ts'
import { WaitingRoom } from './questions/room.tsx'
import { Shell } from './shell/shell.tsx'

const NotFound = () => (
  <Room title="Nothing here" about="No room of Castellan has this address.">
    <p>
      <Link to="/chat">To the chat</Link>
    </p>
  </Room>
)

const Broken = ({ error }: ErrorComponentProps) => (
  <Room
    title="This room failed"
    about="A fault of this page, not of Castellan: nothing was lost or changed. Load the page again."
  >
    <Trouble error={error} />
  </Room>
)

const Start = () => {
  const { data, error } = useQuery(overviewQuery)
  if (data === undefined && error === null) return null
  const room = data?.you.chats === false ? '/account' : '/chat'
  return <Navigate to={data !== undefined && data.first_run.length > 0 ? '/welcome' : room} replace />
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })
const at = <const P extends string>(path: P) => ({ getParentRoute: () => root, path })

const ChatLazy = lazyRouteComponent(() => import('./chat/room.tsx'), 'ChatRoom')
const LedgerLazy = lazyRouteComponent(() => import('./ledger/room.tsx'), 'LedgerRoom')

const chat = createRoute({
  ...at('/chat'),
  validateSearch: z.object({ list: z.boolean().optional().catch(undefined) }),
  component: () => <ChatLazy id={null} list={chat.useSearch().list === true} />,
})
/** `entry`, `question` and `place` name a place that a question's argument stands in. */
const PlaceSearch = z.object({
  entry: z.uuid().optional().catch(undefined),
  question: z.uuid().optional().catch(undefined),
  place: z.number().int().nonnegative().optional().catch(undefined),
})
const conversation = createRoute({
  ...at('/chat/$id'),
  validateSearch: PlaceSearch,
  component: () => <ChatLazy id={conversation.useParams().id} list={false} />,
})

const LedgerSearch = z.object({
  skill: z.string().optional().catch(undefined),
  kind: LedgerKind.optional().catch(undefined),
  decision: z.enum(['allow', 'ask', 'deny']).optional().catch(undefined),
  run: z.string().optional().catch(undefined),
  row: z.number().int().positive().optional().catch(undefined),
})
const ledger = createRoute({
  ...at('/ledger'),
  validateSearch: LedgerSearch,
  component: () => <LedgerLazy search={ledger.useSearch()} />,
})

const ConsentLazy = lazyRouteComponent(() => import('./tokens/consent.tsx'), 'ConsentRoom')
/** `request` is what an app asked for, packed by the server. */
const authorize = createRoute({
  ...at('/authorize'),
  validateSearch: z.object({ request: z.string().catch('') }),
  component: () => <ConsentLazy request={authorize.useSearch().request} />,
})

const routes = root.addChildren([
  createRoute({ ...at('/'), component: Start }),
  createRoute({ ...at('/signin'), component: Start }),
  createRoute({
    ...at('/welcome'),
    component: lazyRouteComponent(() => import('./first-run/page.tsx'), 'FirstRunPage'),
  }),
  chat,
  conversation,
  createRoute({ ...at('/waiting'), component: WaitingRoom }),
  ledger,
  createRoute({
    ...at('/models'),
    component: lazyRouteComponent(() => import('./models/room.tsx'), 'ModelsRoom'),
  }),
  createRoute({
    ...at('/policies'),
    component: lazyRouteComponent(() => import('./policies/room.tsx'), 'PoliciesRoom'),
  }),
  createRoute({
    ...at('/settings'),
    component: lazyRouteComponent(() => import('./settings/room.tsx'), 'OptionsRoom'),
  }),
  createRoute({
    ...at('/settings/secrets'),
    component: lazyRouteComponent(() => import('./settings/room.tsx'), 'SecretsRoom'),
  }),
  createRoute({
    ...at('/settings/sessions'),
    component: lazyRouteComponent(() => import('./settings/room.tsx'), 'SessionsRoom'),
  }),
  createRoute({
    ...at('/settings/callers'),
    component: lazyRouteComponent(() => import('./settings/room.tsx'), 'CallersRoom'),
  }),
  createRoute({
    ...at('/settings/apps'),
    component: lazyRouteComponent(() => import('./settings/room.tsx'), 'AppsRoom'),
  }),
  createRoute({
    ...at('/account/tokens'),
    component: lazyRouteComponent(() => import('./tokens/page.tsx'), 'TokensRoom'),
  }),
  authorize,
  // The shell shows these by itself, signed in or not.
  createRoute({ ...at('/join'), component: () => null }),
  createRoute({ ...at('/recover'), component: () => null }),
  createRoute({ ...at('/email'), component: () => null }),
  createRoute({
    ...at('/people'),
    component: lazyRouteComponent(() => import('./people/room.tsx'), 'PeopleRoom'),
  }),
  createRoute({
    ...at('/account'),
    component: lazyRouteComponent(() => import('./account/room.tsx'), 'YouRoom'),
  }),
  createRoute({
    ...at('/account/signing-in'),
    component: lazyRouteComponent(() => import('./account/signing-in.tsx'), 'SigningInRoom'),
  }),
  createRoute({
    ...at('/settings/providers'),
    component: lazyRouteComponent(() => import('./settings/room.tsx'), 'ProvidersRoom'),
  }),
  createRoute({
    ...at('/account/devices'),
    component: lazyRouteComponent(() => import('./account/room.tsx'), 'DevicesRoom'),
  }),
  createRoute({
    ...at('/pair'),
    component: lazyRouteComponent(() => import('./account/open-pair.tsx'), 'OpenPairPage'),
  }),
  createRoute({
    ...at('/account/connections'),
    component: lazyRouteComponent(() => import('./account/room.tsx'), 'ConnectionsRoom'),
  }),
  createRoute({
    ...at('/data'),
    component: lazyRouteComponent(() => import('./data/room.tsx'), 'DataRoom'),
  }),
  createRoute({
    ...at('/data/query'),
    component: lazyRouteComponent(() => import('./query/room.tsx'), 'QueryRoom'),
  }),
  createRoute({
    ...at('/system'),
    component: lazyRouteComponent(() => import('./system/room.tsx'), 'SystemRoom'),
  }),
])

/** The router; rooms other than the question cards are loaded when first entered, and on intent. */
export const router = createRouter({
  routeTree: routes,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
