// Every route of browser mode, as the router itself tells them.

import type { HttpApp } from '@postern/service-kit/http-app'

export interface Route {
  method: string
  url: string
}

const INDENT = 4
const LINE = /^([│ ]*)[├└]── (\S*?)(?: \(([A-Z, ]+)\))?$/

/** Reads the router's tree: children stand below their parent, each with its own part of the path. */
export function routesOf(app: HttpApp): Route[] {
  const path: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent, part = '', methods] = LINE.exec(line) ?? []
      if (indent === undefined) return []
      path.splice(indent.length / INDENT, path.length, part)
      return (methods?.split(', ') ?? []).map((method) => ({ method, url: path.join('') }))
    })
}

/** Those of browser mode that change something: every method but the safe ones. */
export const changingRoutes = (app: HttpApp): Route[] =>
  routesOf(app).filter(({ method, url }) => url.startsWith('/v1/browser/') && !/GET|HEAD/.test(method))
