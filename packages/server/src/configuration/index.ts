/** Options and `castellan.yaml`: read, checked, frozen. */
export { type Configuration, type LoadOptions, loadConfiguration, type Sourced } from './configuration.ts'
export { readEnvironment } from './environment.ts'
export { fileName, type InstanceFile, instanceName, type PersonaOptions, readInstanceFile } from './file.ts'
export { type BootValues, options, type RuntimeName, type RuntimeValues } from './options.ts'
export { optionsReference } from './reference.ts'
export { settingsRoutes } from './routes.ts'
export { openRuntimeOptions, type RecordChange, type RuntimeOptions } from './runtime.ts'
