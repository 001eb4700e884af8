/**
 * Every setting, declared once: its name, what it is, its default, and when one would change it. They are read from the
 * environment as GODWIT_…, once, and passed on as arguments; elsewhere nobody reads the environment. A flag of the command
 * line wins over a setting. An unknown GODWIT_… variable stops the start, since a misspelt one would silently do nothing.
 */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { Problems } from '#cli/usage.ts';
import { type KeyReference, readKeyReference, readSecretReference } from '#domain/secret-reference.ts';
import { readServerPlace } from '#domain/server-place.ts';
import { nearest } from '#lib/nearest.ts';
import type { LogFormat, LogLevel, Settings } from '#cli/world.ts';

interface Setting<T> {
  readonly is: string;
  /** Null when `text` is no such value; `expected` says what is. */
  readonly read: (text: string) => T | null;
  readonly expected: string;
  readonly default: (environment: Environment) => T;
  readonly changeWhen: string;
  /** What does not fit may be a secret, and is not repeated. */
  readonly isHidden?: true;
}

type Environment = Readonly<Record<string, string | undefined>>;

const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];
const logFormats: readonly LogFormat[] = ['text', 'json'];

/** docs/settings.md is made from this. */
export const settings = {
  GODWIT_STATE: {
    is: 'folder of the ledger',
    read: (text) => text,
    expected: 'the path of a folder',
    default: (environment) => join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'godwit'),
    changeWhen:
      'the home folder is on a network file system, or several people share one migration host. --state wins.',
  } satisfies Setting<string>,
  GODWIT_AT_ONCE: {
    is: 'mailboxes copied at a time',
    read: (text) => (/^[1-9]\d{0,2}$|^1000$/.test(text) ? Number(text) : null),
    expected: 'a number from 1 to 1000',
    // Four fill a line and two servers of usual make (docs/decisions); more help when the servers are far away.
    default: () => 4,
    changeWhen: 'the servers are far away (more) or complain of too many connections (fewer). --at-once wins.',
  } satisfies Setting<number>,
  GODWIT_LOG_LEVEL: {
    is: 'how much is logged on stderr',
    read: (text) => logLevels.find((level) => level === text) ?? null,
    expected: logLevels.join(', '),
    default: () => 'warn',
    changeWhen: 'something is to be understood (debug) or recorded (info). --log-level wins.',
  } satisfies Setting<LogLevel>,
  GODWIT_LOG_FORMAT: {
    is: 'how a log line looks',
    read: (text) => logFormats.find((format) => format === text) ?? null,
    expected: logFormats.join(', '),
    default: () => 'text',
    changeWhen: 'a program reads the log. --log-format wins.',
  } satisfies Setting<LogFormat>,
  GODWIT_CA: {
    is: 'PEM file with authorities to trust besides those of the machine',
    read: (text) => text,
    expected: 'the path of a file',
    default: () => null,
    changeWhen: "servers have certificates of the organisation's own authority. --ca wins.",
  } satisfies Setting<string | null>,
  GODWIT_CONFIG: {
    is: 'file with the settings of a programme (docs/godwit-yaml.md)',
    read: (text) => text,
    expected: 'the path of a file',
    default: () => 'godwit.yaml',
    changeWhen: 'a command of an estate is not run in the folder of that file. --config wins.',
  } satisfies Setting<string>,
  GODWIT_KEY: {
    is: 'key of the sealed secrets (docs/secrets.md)',
    read: readKeys,
    expected:
      'file:PATH, credential:NAME or env:NAME of the key, or vault:FILE where it stays in Vault; while keys are changed the new one first and the old one after a comma',
    default: () => [],
    changeWhen: 'passwords are kept as sealed:NAME. Every process that needs them has to have it.',
    isHidden: true,
  } satisfies Setting<readonly KeyReference[]>,
  GODWIT_TRACES: {
    is: 'module that receives traces (docs/traces.md)',
    read: (text) => text,
    expected: 'the path of a file',
    default: () => null,
    changeWhen:
      '`serve` and `worker` are to be followed by OpenTelemetry, whose SDK you have installed beside that file.',
  } satisfies Setting<string | null>,
  GODWIT_SERVER: {
    is: 'server whose API the verbs of an estate go by, instead of opening its database (docs/api.md)',
    read: (text) => ('problem' in readServerPlace(text) ? null : text),
    expected: 'an address such as https://godwit.corp.example:8030, or unix:/run/godwit/api',
    default: () => null,
    changeWhen: 'an estate is asked and ordered from a machine that is not its own. --server wins.',
    isHidden: true,
  } satisfies Setting<string | null>,
  GODWIT_TOKEN: {
    is: 'where the token for that server is; never the token itself',
    read: (text) => {
      const reference = readSecretReference(text);
      return 'kind' in reference && (reference.kind === 'env' || reference.kind === 'file') ? text : null;
    },
    expected: 'env:NAME or file:PATH',
    default: () => null,
    changeWhen: 'GODWIT_SERVER is set. --token wins.',
    isHidden: true,
  } satisfies Setting<string | null>,
} as const;

/**
 * Under the name by which everybody knows it, and not among those that are read at every start: it may hold a password, and
 * is read where the database is opened (estate-database.ts).
 */
export const databaseUrl = {
  DATABASE_URL: {
    is: 'PostgreSQL server of an estate whose godwit.yaml names none',
    expected: 'postgresql://user:password@host:5432/database, with ?sslrootcert=PATH or ?sslmode=disable where needed',
    default: () => null,
    changeWhen:
      'it is more than a trial, or workers run on other machines. What godwit.yaml says of the database wins.',
  },
} as const;

const prefix = 'GODWIT_';
/** Of tests, labs and benches (the folder of shared fixtures); known here so that it stops nobody. */
const foreign = /^GODWIT_(SHARED|TEST_|LAB_|BENCH_|SIM_|DEMO_)/;

function readKeys(text: string): readonly KeyReference[] | null {
  const references = text.split(',').map((each) => readKeyReference(each.trim()));
  const good = references.flatMap((each) => ('kind' in each ? [each] : []));
  return good.length === references.length ? good : null;
}

/** Reads all settings. Throws a `UsageError` that names everything unknown or unreadable. */
export function readSettings(environment: Environment): Settings {
  const problems = new Problems();
  const names = Object.keys(settings);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(prefix) || names.includes(name) || foreign.test(name)) continue;
    // What they all have in common would make everything near.
    const near = nearest(
      name.slice(prefix.length),
      names.map((known) => known.slice(prefix.length)),
    );
    problems.add(
      `The environment variable ${name} is no setting of Godwit${near ? `; did you mean ${prefix}${near}?` : `. The settings are ${names.join(', ')}.`}`,
    );
  }
  const value = <T>(name: keyof typeof settings): T => {
    const setting = settings[name] as unknown as Setting<T>;
    const text = environment[name];
    if (text === undefined || text === '') return setting.default(environment);
    const read = setting.read(text);
    if (read === null)
      problems.add(
        setting.isHidden
          ? `What is in the environment variable ${name} must be ${setting.expected}.`
          : `The environment variable ${name} is ${JSON.stringify(text.slice(0, 60))}, and must be ${setting.expected}.`,
      );
    return read ?? setting.default(environment);
  };
  const all: Settings = {
    stateDir: value('GODWIT_STATE'),
    atOnce: value('GODWIT_AT_ONCE'),
    logLevel: value('GODWIT_LOG_LEVEL'),
    logFormat: value('GODWIT_LOG_FORMAT'),
    ca: value('GODWIT_CA'),
    config: value('GODWIT_CONFIG'),
    keys: value('GODWIT_KEY'),
    traces: value('GODWIT_TRACES'),
    server: value('GODWIT_SERVER'),
    token: value('GODWIT_TOKEN'),
  };
  problems.settle();
  return Object.freeze(all);
}
