/** Labels of files kept in memory, for tests that have no database. */
import type { Label } from '@castellan/contracts'
import type { FileLabels, WrittenFile } from './store.ts'

export class FakeFileLabels implements FileLabels {
  readonly files = new Map<string, WrittenFile>()

  async save(_tenant: unknown, file: WrittenFile): Promise<void> {
    this.files.set(file.path, file)
  }

  async ofText(_tenant: unknown, path: string, content: Buffer): Promise<Label | null> {
    const file = this.files.get(path)
    return file?.content.equals(content) === true ? file.text : null
  }

  async ofNames(_tenant: unknown, folder: string): Promise<ReadonlyMap<string, Label>> {
    const within = [...this.files.values()].filter(
      ({ path }) => folder === '' || path.startsWith(`${folder}/`),
    )
    return new Map(within.map(({ path, name }) => [path, name]))
  }
}
