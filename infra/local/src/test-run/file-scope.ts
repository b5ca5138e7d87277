// What `import t from 'tap'` answers a test file that shares its process with others: the test that stands for the file.
// Its tests, its teardown and its settings are then its own, and end with it.
import { fileScopes } from './file-scopes.ts'

export default fileScopes.get(new URL(import.meta.url).searchParams.get('file') ?? '')
