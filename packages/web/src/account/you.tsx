/** The page "You": where one is signed in. */
import { SessionsPage } from '../settings/sessions.tsx'

/** The page's content. */
export const YouPage = () => <SessionsPage />
