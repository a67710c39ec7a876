/** System: what `castellan doctor` finds, each with its cause and its fix, and the figures of the processes. */
import type { Finding } from '@castellan/contracts'
import { useQuery } from '@tanstack/react-query'
import type { GlyphName } from '../glyphs.tsx'
import { ChainState } from '../ledger/chain.tsx'
import { Hint, Loading, Room, StateWord, Trouble } from '../parts.tsx'
import { healthQuery, verifyQuery } from '../queries.ts'
import { When } from '../time/when.tsx'
import { bytesInWords } from '../time/words.ts'

const look: Readonly<
  Record<
    Finding['severity'],
    { glyph: GlyphName; tone?: 'good' | 'wait' | 'stop'; word: string; rank: number }
  >
> = {
  problem: { glyph: 'failed', tone: 'stop', word: 'problem', rank: 0 },
  warning: { glyph: 'failed', tone: 'wait', word: 'warning', rank: 1 },
  info: { glyph: 'unknown', word: 'note', rank: 2 },
  ok: { glyph: 'allow', tone: 'good', word: 'well', rank: 3 },
}

const FindingLine = ({ finding }: { finding: Finding }) => {
  const { glyph, tone, word } = look[finding.severity]
  return (
    <li className="line">
      <div className="row">
        <StateWord glyph={glyph} {...(tone === undefined ? {} : { tone })}>
          {word}
        </StateWord>
        <span>
          <Hint text={finding.title} />
        </span>
        <span className="mono small quiet push">{finding.id}</span>
      </div>
      {finding.cause !== null && (
        <p className="quiet">
          <Hint text={finding.cause} />
        </p>
      )}
      {finding.fix !== null && (
        <p>
          <span className="quiet">To mend it: </span>
          <Hint text={finding.fix} />
        </p>
      )}
    </li>
  )
}

const summary = (findings: readonly Finding[]): string => {
  const problems = findings.filter((f) => f.severity === 'problem').length
  const warnings = findings.filter((f) => f.severity === 'warning').length
  if (problems === 0 && warnings === 0) return 'Everything that Castellan checks about itself is well.'
  const parts = [
    problems === 0 ? null : problems === 1 ? 'one problem' : `${problems} problems`,
    warnings === 0 ? null : warnings === 1 ? 'one warning' : `${warnings} warnings`,
  ].filter((p) => p !== null)
  return `Castellan found ${parts.join(' and ')}. Each says what to do.`
}

/** The room. */
export const SystemRoom = () => {
  const { data, error } = useQuery(healthQuery)
  const chain = useQuery(verifyQuery)
  return (
    <Room title="System" about={data === undefined ? '\u00a0' : summary(data.findings)}>
      {error !== null && <Trouble error={error} />}
      {data === undefined ? (
        error === null && <Loading what="the findings" />
      ) : (
        <>
          <dl className="facts">
            <dt>State</dt>
            <dd>{data.ready ? 'ready' : 'not ready yet'}</dd>
            <dt>Running since</dt>
            <dd>
              <When at={data.started_at} as="short" /> (<When at={data.started_at} />)
            </dd>
            <dt>Memory</dt>
            <dd>
              {bytesInWords(data.memory_bytes)} over {data.pids.length}{' '}
              {data.pids.length === 1 ? 'process' : 'processes'}{' '}
              <span className="quiet">({data.pids.join(', ')})</span>
            </dd>
            <dt>Version</dt>
            <dd>{data.version}</dd>
            <dt>Ledger</dt>
            <dd>
              <ChainState data={chain.data} error={chain.error} />
            </dd>
          </dl>
          <section>
            <h2 className="unseen">Findings</h2>
            <ul className="sheet ruled plain-list">
              {data.findings
                .toSorted((a, b) => look[a.severity].rank - look[b.severity].rank)
                .map((finding) => (
                  <FindingLine key={finding.id} finding={finding} />
                ))}
            </ul>
          </section>
        </>
      )}
    </Room>
  )
}
