/** What asking a model is called at the gate, whoever asks: policies speak of it by this name. */

export const modelSkillName = 'model.generate'

/** The breaker of a model's calls. */
export const modelBreaker = (model: string) => `${modelSkillName} ${model}`
