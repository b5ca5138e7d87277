// `npm start`: the whole of Postern on this machine, until Ctrl-C.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runStart } from './run-start.ts'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

process.exit(await runStart(root, process.argv.slice(2)))
