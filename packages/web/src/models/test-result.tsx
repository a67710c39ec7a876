/** What a test of a model brought: its words and how long it took, or why not and what to do. */
import type { ModelTest } from '@castellan/contracts'
import { ForeignInset } from '../origin/chip.tsx'
import { Hint, StateWord, Trouble } from '../parts.tsx'
import { Verbatim } from '../text/verbatim.tsx'

/** Keeps its place while the test runs. */
export const TestResult = ({
  result,
  error,
  pending,
}: {
  result: ModelTest | undefined
  error: Error | null
  pending: boolean
}) => {
  if (pending)
    return (
      <p role="status">
        <StateWord glyph="running">Asking it to say hello</StateWord>
      </p>
    )
  if (error !== null) return <Trouble error={error} />
  if (result === undefined) return null
  if (!result.ok)
    return (
      <div className="trouble" role="alert">
        <p>{result.error ?? 'The test failed.'} Nothing was stored.</p>
        {result.hint !== null && (
          <p className="quiet">
            <Hint text={result.hint} />
          </p>
        )}
      </div>
    )
  return (
    <div role="status" className="test-good">
      <StateWord glyph="allow" tone="good">
        It answered in {Math.round(result.latency_ms).toLocaleString('en')} ms
      </StateWord>
      {result.reply !== null && (
        <ForeignInset sources={['model:']}>
          <Verbatim text={result.reply} />
        </ForeignInset>
      )}
    </div>
  )
}
