/** The API on a real database, for tests: who asks is made here, and what is told is read whole. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { deskOn, type DeskParts } from '#app/api.ts';
import { noticeDeskOn } from '#app/notices.ts';
import { looksOn } from '#app/inspection.ts';
import { noticeMoments } from '#domain/notice-kinds.ts';
import { notCopied } from '#domain/wave-verification.ts';
import { openWaveAccounts } from '#store/wave-accounts.ts';
import type { EstateDesk, EvidenceDesk, WaveLooks } from './estate.ts';
import { ChangeStreams, type ChangeStreamsOptions } from './change-stream.ts';
import { Judge } from './judge.ts';
import { type ContractServer, type ContractServerOptions, openContractServer } from './contract-server.ts';
import type { Problem } from './problem.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { Budget } from '#domain/platform.ts';
import type { SettingsToRehearse } from '#operations/rehearsal-terms.ts';
import type { Act, DangerousAct, HeldRole } from '#domain/rights.ts';
import { type Clock, realClock } from '#lib/clock.ts';
import { type Log, silent } from '#lib/log.ts';
import { followChanges } from '#operations/follow-changes.ts';
import { openTokens } from '#store/access-tokens.ts';
import { openBearers } from '#store/bearers.ts';
import { openChanges } from '#store/changes.ts';
import type { Database } from '#store/db.ts';
import { openObeyed } from '#store/obeyed.ts';
import type { TestDatabase } from '#store/test-database.ts';

export interface Served {
  readonly url: string;
  readonly stateDir: string;
  readonly server: ContractServer;
}

export const settings = {
  timezone: 'Europe/London',
  errorBudget: 0.02,
  waysIn: null,
  source: { user: null } as EstateSettings['source'],
  target: { user: null } as EstateSettings['target'],
};

const budget: Budget = {
  connections: 10,
  connectionsPerMailbox: 4,
  bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: null }],
  commandsPerSecond: null,
};
export const settingsToRehearse: SettingsToRehearse = {
  timezone: settings.timezone,
  errorBudget: settings.errorBudget,
  followEverySeconds: 900,
  source: { budget },
  target: { budget },
};

/** What is an error to us is one to a test. */
const loud: Log = { ...silent, error: (phrase, fields) => expect.fail(`${phrase}: ${JSON.stringify(fields)}`) };

/** Everybody of a wave is found ready, and nothing is signed in to. */
function pretendedLooks(db: Database): WaveLooks {
  const real = looksOn({
    db,
    settings: settings as EstateSettings,
    keys: null,
    version: '',
    environment: () => undefined,
    log: loud,
  });
  const each = async (members: readonly number[]) =>
    (await openWaveAccounts(db).accounts(members)).map(({ address }) => address);
  return {
    ...real,
    async *check({ members }) {
      yield (await each(members)).map((address) => ({ address, remarks: [], fault: null, isEarlier: false }));
    },
    async *verify({ members }) {
      const nothing = notCopied({ stage: 'planned', side: 'source' });
      yield (await each(members)).map((address) => ({ address, ...nothing }));
    },
  };
}

/** Everybody of a wave has a certificate already, and keys are the same for everybody. */
function pretendedProofs(db: Database): EvidenceDesk {
  return {
    digestKeys: async (members) => members.map(({ address }) => ({ address, key: '09'.repeat(32) })),
    rotate: async () => 'another',
    async *make({ members }) {
      const accounts = await openWaveAccounts(db).accounts(members);
      yield accounts.map(({ address }) => ({ kind: 'kept', address, grade: 'perfect' }));
    },
    close: async () => null,
  };
}

/** Processes that plan find the same database. */
export function planningOn(db: Database): DeskParts['planning'] {
  const { url } = db as Partial<TestDatabase>;
  const environment = url === undefined ? process.env : { ...process.env, DATABASE_URL: url };
  return { database: 'embedded', environment, settings: settingsToRehearse, log: loud };
}
/** People are told by a mail server that nobody runs. */
const telling = {
  file: 'godwit.yaml',
  notices: {
    smtp: { host: '127.0.0.1', port: 9, security: 'clear', ca: null, verify: true, signIn: null },
    from: { name: null, address: 'move@x.example' },
    replyTo: null,
    templates: null,
    language: 'en',
    perMinute: 60_000,
    quiet: null,
    at: '00:00',
    moments: noticeMoments,
    shared: false,
  },
} satisfies Pick<EstateSettings, 'file' | 'notices'>;

export function deskFor(db: Database, given: Partial<DeskParts> = {}): EstateDesk {
  return deskOn({
    db,
    stateDir: '/nowhere',
    keys: null,
    looks: pretendedLooks(db),
    planning: planningOn(db),
    notices: noticeDeskOn({
      db,
      settings: { ...settings, ...telling },
      keys: null,
      environment: () => undefined,
      log: loud,
    }),
    examine: async () => [],
    proofs: pretendedProofs(db),
    settings,
    ...given,
  });
}

export interface ServedOptions extends Partial<Omit<ContractServerOptions, 'streams'>> {
  readonly streaming?: Partial<ChangeStreamsOptions> & { readonly clock?: Clock };
}

/** Answers on any free port until the test is over. */
export async function served(
  db: Database,
  given: ServedOptions = {},
  approvals: readonly DangerousAct[] = [],
): Promise<Served> {
  const { streaming = {}, ...more } = given;
  const stateDir = await mkdtemp(join(tmpdir(), 'godwit-api-'));
  const clock = streaming.clock ?? realClock;
  const changes = followChanges(openChanges(db), clock, loud);
  const server = await openContractServer({
    at: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: null,
    behindProxy: false,
    version: '1.2.3',
    desk: deskFor(db, { settings: { ...settings, approvals }, stateDir }),
    signIn: null,
    judge: new Judge(openBearers(db), () => performance.now()),
    obeyed: openObeyed(db),
    streams: new ChangeStreams({ changes, clock, log: loud, ...streaming }),
    log: loud,
    ...more,
  });
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await changes[Symbol.asyncDispose]();
    await rm(stateDir, { recursive: true });
  });
  const { at } = server;
  return { server, stateDir, url: at.kind === 'tcp' ? `http://127.0.0.1:${at.port}` : '' };
}

export async function bearerOf(
  db: Database,
  role: HeldRole['role'],
  organisation: string | null = null,
  scopes: readonly Act[] | null = null,
  maker = 'bob',
): Promise<string> {
  const order = {
    name: `${role} of ${organisation ?? 'all'}`,
    role: { role, organisation },
    scopes,
    lastsMs: 3_600_000,
  };
  const made = await openTokens(db).create(order, `operator ${maker}`);
  if (made.kind !== 'made') throw new Error(`there is no organisation ${organisation}`);
  return made.bearer;
}

export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of JSON; else null. */
  readonly body: unknown;
}

export interface Asking {
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An order; lacking for a question. */
  readonly order?: unknown;
  /** A file that is sent. */
  readonly octets?: Buffer<ArrayBuffer> | string;
}

/** Asks, or orders under a key of its own. */
export async function ask(
  { url }: Served,
  path: string,
  { bearer, headers, order, octets }: Asking = {},
): Promise<Told> {
  const type = octets === undefined ? 'application/json' : 'application/octet-stream';
  const body = octets ?? (order === undefined ? undefined : JSON.stringify(order));
  const response = await fetch(`${url}${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body }),
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': type, 'idempotency-key': randomUUID() }),
      ...headers,
    },
  });
  // What changes is told for ever.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (isStream) await response.body?.cancel();
  const text = isStream ? '' : await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

/** What is told of a problem, as far as it is the same each time. */
export function problemIn({ body }: Told): Omit<Problem, 'request-id'> {
  const { 'request-id': _, ...problem } = body as Problem;
  return problem;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
