/** Rules as people read them: the sentence first, the text on demand. */
import type { PolicyRule } from '@castellan/contracts'
import { StateWord } from '../parts.tsx'
import { InlineVerbatim, Verbatim } from '../text/verbatim.tsx'

/** One rule. A shipped one cannot be changed here, and looks like it. */
const Rule = ({ rule }: { rule: PolicyRule }) => (
  <li className="line rule">
    <p>
      {rule.says === '' ? (
        <span className="quiet">No sentence stands beside it.</span>
      ) : (
        <InlineVerbatim text={rule.says} />
      )}
    </p>
    <p className="row small quiet">
      <StateWord glyph={rule.effect === 'permit' ? 'allow' : 'deny'}>
        {rule.effect === 'permit' ? 'allows' : 'forbids'}
      </StateWord>
      <span className="mono">{rule.id}</span>
    </p>
    <details>
      <summary className="small">
        Text<span className="unseen"> of {rule.id}</span>
      </summary>
      <Verbatim text={rule.text} />
    </details>
  </li>
)

/** Some rules under a heading, with a sentence on what they have in common. */
export const RuleList = ({
  title,
  about,
  rules,
}: {
  title: string
  about: string
  rules: readonly PolicyRule[]
}) => (
  <section className="rules">
    <h2>{title}</h2>
    <p className="quiet">{about}</p>
    {rules.length > 0 && (
      <ul className="sheet ruled plain-list">
        {rules.map((rule) => (
          <Rule key={rule.id} rule={rule} />
        ))}
      </ul>
    )}
  </section>
)
