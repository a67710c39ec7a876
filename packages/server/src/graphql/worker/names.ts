/**
 * The names of the schema, without surprises: `notes`, `notesList`, `note(id:)`, `noteByEmail`, `createNote`, `updateNote`,
 * `deleteNote`; a relation is called as its column without `_id`, and back as the other table.
 */
import 'graphile-build-pg'

/** A plugin that only names. */
export const namesPlugin: GraphileConfig.Plugin = {
  name: 'CastellanNamesPlugin',
  version: '1.0.0',
  inflection: {
    replace: {
      _allRows(_previous, _options, resource) {
        const [one, all] = [this._singularizedResourceName(resource), this.pluralize(resource.name)]
        return this.camelCase(all === one ? `all-${all}` : this.pluralize(one))
      },
      // Without global ids there is nothing that a column named `id` could be mistaken for.
      _attributeName(previous, _options, details) {
        return previous?.({ ...details, skipRowId: true }) ?? details.attributeName
      },
      rowByUnique(previous, _options, { unique, resource }) {
        if (!unique.isPrimary) return previous?.({ unique, resource }) ?? ''
        return this.camelCase(this._singularizedResourceName(resource))
      },
      updateByKeysField(previous, _options, { unique, resource }) {
        if (!unique.isPrimary) return previous?.({ unique, resource }) ?? ''
        return this.camelCase(`update-${this._singularizedResourceName(resource)}`)
      },
      deleteByKeysField(previous, _options, { unique, resource }) {
        if (!unique.isPrimary) return previous?.({ unique, resource }) ?? ''
        return this.camelCase(`delete-${this._singularizedResourceName(resource)}`)
      },
      patchField: () => 'patch',
      singleRelation(previous, _options, details) {
        const relation = details.registry.pgRelations[details.codec.name]?.[details.relationName]
        const [column, ...more] = relation?.localAttributes ?? []
        const plain = /^(.+)_id$/i.exec(column ?? '')?.[1]
        const taken = plain === undefined || more.length > 0 || Object.hasOwn(details.codec.attributes, plain)
        return taken ? (previous?.(details) ?? '') : this.camelCase(plain)
      },
      _manyRelation(previous, _options, details) {
        const relations = Object.values(details.registry.pgRelations[details.codec.name] ?? {})
        const relation = details.registry.pgRelations[details.codec.name]?.[details.relationName]
        const same = relations.filter(
          (each) => each.isReferencee === true && each.remoteResource === relation?.remoteResource,
        )
        if (relation === undefined || same.length !== 1) return previous?.(details) ?? ''
        const name = this.pluralize(this._singularizedResourceName(relation.remoteResource))
        return Object.hasOwn(details.codec.attributes, name)
          ? (previous?.(details) ?? '')
          : this.camelCase(name)
      },
    },
  },
}
