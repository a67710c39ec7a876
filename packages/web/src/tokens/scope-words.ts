/** What each scope means to a person. */
import type { Scope } from '@castellan/contracts'

/** One sentence per scope, completing "It may …". */
export const scopeWords: Readonly<Record<Scope, string>> = {
  read: 'see your conversations, your questions and what you have told Castellan to remember',
  chat: 'write to Castellan in your name, and add files',
  approve: 'answer the questions that wait for you, where a click is enough',
  data: 'read and change the data of your tables, as far as you may yourself',
}
