/** Which calls the house allows: Cedar policies, shipped and the owner's own. */
export { loadPolicies, type PolicyEngine, type PolicyProblem, type PolicyText } from './cedar.ts'
export { policyFile } from './file.ts'
export { readPolicies } from './read.ts'
