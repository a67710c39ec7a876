/** Models: which there are, which one is asked, and the asking. */
export { readerOf } from './local.ts'
export { createModels, type Models, type ModelsOptions } from './models.ts'
export { modelRoutes } from './routes.ts'
export { modelBreaker, modelSkillName } from './skill.ts'
export type {
  Answer,
  Model,
  Prompt,
  PromptMessage,
  ProviderFetch,
  Secrets,
  Texts,
  Tool,
  ToolCall,
  Vectors,
} from './types.ts'
