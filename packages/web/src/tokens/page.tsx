/** The account's page of tokens: apps that are signed in, and tokens for scripts. */
import { AccountFrame } from '../account/room.tsx'
import { SignedInApps } from './grants.tsx'
import { PersonalTokens } from './personal.tsx'
import '../models/models.css'
import './tokens.css'

/** /account/tokens */
export const TokensRoom = () => (
  <AccountFrame about="What acts for you when you are not here: apps you have signed in, and tokens you have given to scripts.">
    <SignedInApps />
    <PersonalTokens />
  </AccountFrame>
)
