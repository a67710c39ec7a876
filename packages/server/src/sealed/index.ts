/** Sealed values: what the planner is shown of foreign content, how it refers to the rest, and how little it may learn of it. */
export { AnswerForm, bitsOf, readAnswer } from './answer.ts'
export { labelUnder } from './pointer.ts'
export { readerPrompt } from './reader.ts'
export * from './reference.ts'
export * from './skills.ts'
export { type Declared, openView, type Result, sealedView, type View } from './view.ts'
