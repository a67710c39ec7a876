/** How columns are written and read, for the tables' types. */
import type { Json } from '@castellan/contracts'
import type { ColumnType } from 'kysely'

/** A time; may be left to the database. */
export type Time = ColumnType<Date, Date | string | undefined, Date | string>
/** A time or none. */
export type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** jsonb: written as JSON text (`JSON.stringify`), read parsed. */
export type JsonText = ColumnType<Json, string, string>
/** The same with a default of the database's. */
export type DefaultJsonText = ColumnType<Json, string | undefined, string>
/** The same or none. */
export type NullableJsonText = ColumnType<Json | null, string | null | undefined, string | null>
