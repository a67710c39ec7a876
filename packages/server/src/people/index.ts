/** Who belongs to the house: people and their roles, invitations, other tenants, one's own account, and its recovery. */
export { makePost, type Post } from './post.ts'
export { accountRoutes, linkRoutes, peopleRoutes } from './routes.ts'
export type { CheckSecond, ForgetProofs, Letter, PeopleEvent, PeopleOptions, SendMail } from './types.ts'
