/** What people are called where the ledger and questions name them by id: `you`, a name, or what is known of them. */
import { useQuery } from '@tanstack/react-query'
import { overviewQuery } from '../queries.ts'
import { principalInWords } from '../questions/words.ts'
import { peopleQuery } from './api.ts'

/** Says a chain of principals to who is signed in. The owner knows everybody's name. */
export const usePrincipals = (): ((chain: readonly string[]) => string) => {
  const you = useQuery(overviewQuery).data?.you
  const isOwner = you?.role === 'owner' && you.chats
  const known = useQuery({ ...peopleQuery, enabled: isOwner }).data ?? []
  const names = new Map(known.map(({ id, name }) => [`member:${id}`, name]))
  return (chain) => principalInWords(chain, { me: you?.principal ?? 'owner', names })
}

const owners: readonly string[] = ['execute', 'grant', 'admin']

/** Whether a yes to this is the owner's to give, and somebody else is looking at it. */
export const useIsOwnersAnswer = (effect: string): boolean => {
  const me = useQuery(overviewQuery).data?.you.principal ?? 'owner'
  return me !== 'owner' && owners.includes(effect)
}
