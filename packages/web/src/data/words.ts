/** Permissions as a person says them. */
import type { DataCell, DataCommand, DataRole } from '@castellan/contracts'

/** Roles, as headings. */
export const roleWords: Readonly<Record<DataRole, string>> = {
  owner: 'Owner',
  member: 'Members',
  viewer: 'Viewers',
  anonymous: 'Anyone, not signed in',
}

/** Commands, as headings. */
export const commandWords: Readonly<Record<DataCommand, string>> = {
  select: 'See',
  insert: 'Add',
  update: 'Change',
  delete: 'Delete',
}

const ownRows = /^(see|change|delete) rows where \w+ is who asks$/

/** Which rows, short: "their own rows", "every row". */
export const rowsInWords = ({ rows, command }: DataCell): string => {
  if (ownRows.test(rows)) return 'their own rows'
  if (command === 'insert') return 'new rows'
  if (/ every row$/.test(rows)) return 'every row'
  return rows.replace(/^\w+ /, '').replaceAll(' is who asks', ' is their own')
}

/** Conditions on what is written, in words; empty where there are none. */
export const checksInWords = ({ check, set }: DataCell): string => {
  const filled = set.map((each) =>
    each.replace(' is who asks', ' becomes their own').replace(' is ', ' becomes '),
  )
  const asked = check === null ? [] : [`only if ${check.replaceAll(' is who asks', ' is their own')}`]
  return [...asked, ...filled].join('; ')
}
