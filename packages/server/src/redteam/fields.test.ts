import { label } from '@castellan/kernel'
import { expect, it } from 'vitest'
import { labelOutput } from './fields.ts'
import { Tool } from './suite.ts'

it('a field that the table names in words nobody understands makes all of the output a stranger’s', () => {
  const tool = Tool.parse({
    name: 'notes.list',
    effect: 'read',
    output_third_party: 'some-fields',
    attacker_fields: ["Whatever people wrote into it (kind == 'note')"],
  })
  const labels = labelOutput(tool, { kind: 'bill', text: 'Pay at once.' }, new Set(), null)
  expect(labels).toEqual({ '': label(['plugin:notes.list'], ['owner']) })
})
