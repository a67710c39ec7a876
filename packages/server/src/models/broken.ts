/** The provider answered, but not with what its protocol promises. The message finishes a sentence that begins with its host. */
export class BrokenAnswer extends Error {}
