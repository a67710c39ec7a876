/** The instance directory: made, opened, held by one process. */
export { type Created, createInstance, isVacant } from './create.ts'
export { changedKeyBase, inWords } from './failures.ts'
export { findServer, type Hold, holdInstance, type Instance, openInstance } from './instance.ts'
export { type InstancePaths, pathsOf } from './paths.ts'
