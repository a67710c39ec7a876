/** The one road to an effect. */
export * from './skill.ts'
