// Settings: what may stand in the environment. Each has a variable, a default and a sentence for its reader, so that
// docs/configuration.md can be held against the code. An empty variable counts as not set.

import { type Faults, load } from './faults.ts'
import {
  parseCidrs,
  parseDuration,
  parseFlag,
  parseInteger,
  parseText,
  parseUrl,
  type Range,
  SettingFault,
} from './setting-values.ts'

export interface SettingDescription {
  readonly env: string
  /** As it would be written in the environment; null when there is none. */
  readonly default: string | null
  /** Whether the start is refused when neither variable nor default is there. */
  readonly required: boolean
  readonly describe: string
}

export interface Setting<T> extends SettingDescription {
  /** Reads the variable's text; throws SettingFault. */
  parse(text: string): T
}

export type Spec = Readonly<Record<string, Setting<unknown>>>
export type Settings<S extends Spec> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never
}
export type Environment = Readonly<Record<string, string | undefined>>

interface Described {
  /** One sentence for docs/configuration.md. */
  readonly describe?: string
}

/** One line of text, at most 1,000 characters; `pattern` narrows it, and `form` says in words to what. */
export function text(
  env: string,
  fallback?: string,
  {
    pattern,
    form = 'has not the required form',
    ...more
  }: Described & { pattern?: RegExp; form?: string } = {},
): Setting<string> {
  return make(env, fallback, more, (given) => {
    const value = parseText(given)
    if (value.length > 1000 || pattern?.test(value) === false) throw new SettingFault(form)
    return value
  })
}

/** A whole number, from 0 on unless told. */
export function integer(env: string, fallback?: number, options: Described & Range = {}): Setting<number> {
  return make(env, fallback?.toString(), options, (given) => parseInteger(given, options))
}

/** A TCP port; 0 lets the system choose one. */
export function port(env: string, fallback?: number, options: Described = {}): Setting<number> {
  return integer(env, fallback, { ...options, min: 0, max: 65535 })
}

/** `true` or `false`. */
export function flag(env: string, fallback?: boolean, options: Described = {}): Setting<boolean> {
  return make(env, fallback?.toString(), options, parseFlag)
}

/** One of a closed list of words. */
export function oneOf<const V extends string>(
  env: string,
  fallback: NoInfer<V> | undefined,
  values: readonly V[],
  options: Described = {},
): Setting<V> {
  return make(env, fallback, options, (given) => {
    const value = values.find((one) => one === given)
    if (value === undefined) throw new SettingFault(`must be one of ${values.join(', ')}`)
    return value
  })
}

/** Words of a closed list in the order in which they are written, separated by commas, each once at most. */
export function listOf<const V extends string>(
  env: string,
  fallback: string,
  values: readonly V[],
  options: Described = {},
): Setting<readonly V[]> {
  return make(env, fallback, options, (given) => {
    const words = given.split(',').map((word) => values.find((one) => one === word.trim()))
    const known = words.filter((word) => word !== undefined)
    if (known.length < words.length || new Set(known).size < known.length)
      throw new SettingFault(`must be a list of ${values.join(', ')}, each once at most`)
    return known
  })
}

/**
 * An absolute URL as text, `http` or `https` unless told. A password or a fragment in it is refused, and so is
 * the user of a web address. One without a path comes without a slash at its end, so that paths can be put behind it.
 */
export function url(
  env: string,
  fallback?: string,
  { schemes = ['http', 'https'], ...more }: Described & { schemes?: readonly string[] } = {},
): Setting<string> {
  return make(env, fallback, more, (given) => parseUrl(given, schemes))
}

/** Networks in CIDR form, separated by commas; without one the list is empty. */
export function cidrs(env: string, fallback = '', options: Described = {}): Setting<readonly string[]> {
  return make(env, fallback, options, (given) => (given === '' ? [] : parseCidrs(given)))
}

/** A count with its unit (`500ms`, `10s`, `5m`, `24h`, `30d`); its value, `min` and `max` are milliseconds. */
export function duration(env: string, fallback?: string, options: Described & Range = {}): Setting<number> {
  return make(env, fallback, options, (given) => parseDuration(given, options))
}

/** The same setting, but it may be absent: then its value is undefined. */
export function optional<T>(setting: Setting<T>): Setting<T | undefined> {
  return { ...setting, required: false }
}

/** Reads every setting of `spec`. @throws ConfigError with every fault, unless `faults` takes them */
export function readSettings<S extends Spec>(spec: S, env: Environment, faults?: Faults): Settings<S> {
  if (faults === undefined) return load((found) => readSettings(spec, env, found))
  const values = Object.entries(spec).map(([name, setting]) => [name, readOne(setting, env, faults)])
  // The entries are those of `spec`, each with the type of its own setting; after a fault `load` lets none out.
  return Object.freeze(Object.fromEntries(values)) as Settings<S>
}

/** What a page about the settings must say, in the order of `spec`. */
export function describeSettings(spec: Spec): SettingDescription[] {
  return Object.values(spec).map(({ env, default: fallback, required, describe }) => {
    return { env, default: fallback, required, describe }
  })
}

/** The fault of a variable that must be set. */
export function notSet(env: string): string {
  return `${env}: is not set, and has no default`
}

function make<T>(
  env: string,
  fallback: string | undefined,
  { describe = '' }: Described,
  parse: (text: string) => T,
): Setting<T> {
  return { env, default: fallback ?? null, required: fallback === undefined, describe, parse }
}

function readOne(setting: Setting<unknown>, env: Environment, faults: Faults): unknown {
  const given = env[setting.env]
  const chosen = given === undefined || given === '' ? setting.default : given
  if (chosen === null) {
    if (setting.required) faults.add(notSet(setting.env))
    return undefined
  }
  try {
    return setting.parse(chosen)
  } catch (error) {
    if (!(error instanceof SettingFault)) throw error
    faults.add(`${setting.env}: ${error.message}`)
    // A stand-in, so that the readers after this one find their faults too.
    return chosen === setting.default || setting.default === null ? undefined : setting.parse(setting.default)
  }
}
