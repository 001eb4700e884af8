/** For tests: a world in which everything written is kept and the engine is whatever the test says. */

import type { KeyReference } from '#domain/secret-reference.ts';
import { type Log, silent } from '#lib/log.ts';
import { runCommandLine } from './command-line.ts';
import { UsageError } from './usage.ts';
import type { CopyOrder, Engine, EngineOptions, MailboxReport, World } from './world.ts';

export interface MadeUp {
  readonly environment?: Readonly<Record<string, string>>;
  readonly engine?: Partial<Engine>;
  /** Of several, one question after the other. */
  readonly typed?: string | null | readonly string[];
  /** What is answered to one question after the other. */
  readonly answers?: readonly (string | null)[];
  readonly config?: string;
  readonly readEstate?: World['readEstate'];
  readonly notHere?: readonly string[];
  readonly openSecrets?: World['openSecrets'];
  readonly openDatabase?: World['openDatabase'];
  readonly openImporter?: World['openImporter'];
  readonly openPlanning?: World['openPlanning'];
  readonly readCalendar?: World['readCalendar'];
  readonly openPlanWork?: World['openPlanWork'];
  readonly rehearse?: World['rehearse'];
  readonly openProgramme?: World['openProgramme'];
  readonly openProgrammeThere?: World['openProgrammeThere'];
  readonly openDesksThere?: World['openDesksThere'];
  readonly server?: string;
  readonly token?: string;
  readonly ca?: string;
  readonly openNotices?: World['openNotices'];
  readonly openTail?: World['openTail'];
  readonly openAccess?: World['openAccess'];
  readonly doctor?: World['doctor'];
  readonly doctorEstate?: World['doctorEstate'];
  readonly openInspection?: World['openInspection'];
  readonly openEvidence?: World['openEvidence'];
  readonly openEvidenceThere?: World['openEvidenceThere'];
  readonly work?: World['work'];
  readonly keys?: readonly KeyReference[];
  /** What is piped in. */
  readonly input?: string;
  readonly interruption?: AbortSignal;
  readonly badSettings?: string;
  readonly tty?: boolean;
}

export interface Played {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the engine was asked to copy. */
  readonly orders: readonly CopyOrder[];
  readonly engineOptions: readonly EngineOptions[];
  readonly asked: readonly string[];
  /** What a second Ctrl-C would have written. */
  readonly emergency: () => string;
}

/** Plays one command line. */
export async function play(argv: readonly string[], made: MadeUp = {}): Promise<Played> {
  let stdout = '';
  let stderr = '';
  let last: () => void = () => {};
  const orders: CopyOrder[] = [];
  const engineOptions: EngineOptions[] = [];
  const asked: string[] = [];
  const engine: Engine = {
    copy: async (order, watcher, signal) => {
      orders.push(order);
      return (await made.engine?.copy?.(order, watcher, signal)) ?? reportOf(order);
    },
    verify: async () => Promise.reject(new Error('no verify in this test')),
    probe: async () => Promise.reject(new Error('no probe in this test')),
    checkLive: async () => Promise.reject(new Error('no certificate is checked in this test')),
    [Symbol.asyncDispose]: async () => {},
    ...(made.engine?.verify ? { verify: made.engine.verify } : {}),
    ...(made.engine?.probe ? { probe: made.engine.probe } : {}),
    ...(made.engine?.checkLive ? { checkLive: made.engine.checkLive } : {}),
  };
  const world: World = {
    version: '1.2.3',
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text), isTTY: made.tty === true, columns: 100, rows: 24 },
    canAsk: made.typed !== undefined || made.answers !== undefined,
    canDraw: made.tty === true,
    environment: (name) => made.environment?.[name],
    settings: () => {
      if (made.badSettings) throw new UsageError([{ says: made.badSettings, file: null, line: null, column: null }]);
      return {
        stateDir: '/nowhere/state',
        atOnce: 4,
        logLevel: 'warn',
        logFormat: 'text',
        ca: made.ca ?? null,
        config: made.config ?? 'godwit.yaml',
        keys: made.keys ?? [],
        traces: null,
        server: made.server ?? null,
        token: made.token ?? null,
      };
    },
    now: () => Date.UTC(2024, 5, 1),
    interruption: made.interruption ?? new AbortController().signal,
    onEmergency: (words) => {
      last = words;
    },
    askSecret: async (question) => {
      asked.push(question);
      return (
        (Array.isArray(made.typed)
          ? (made.typed as readonly string[])[asked.length - 1]
          : (made.typed as string | null)) ?? null
      );
    },
    ask: async ({ asks, problem }) => {
      asked.push(asks);
      const answer = made.answers?.[asked.length - 1] ?? null;
      // As the prompt does, which asks again until nothing is wrong.
      if (answer !== null && problem(answer) !== null) throw new Error(`${answer}: ${problem(answer)}`);
      return answer;
    },
    readEstate: made.readEstate ?? (async () => Promise.reject(new Error('no settings of a programme in this test'))),
    notHere: async () => made.notHere ?? [],
    openSecrets: made.openSecrets ?? (async () => Promise.reject(new Error('no sealed secrets in this test'))),
    openDatabase: made.openDatabase ?? (async () => Promise.reject(new Error('no database in this test'))),
    work: made.work ?? (async () => Promise.reject(new Error('no worker in this test'))),
    openPlanning: made.openPlanning ?? (async () => Promise.reject(new Error('no planning in this test'))),
    readCalendar: made.readCalendar ?? (async () => Promise.reject(new Error('no calendar in this test'))),
    openPlanWork: made.openPlanWork ?? (async () => Promise.reject(new Error('no plan in this test'))),
    rehearse: made.rehearse ?? (async () => Promise.reject(new Error('nothing is rehearsed in this test'))),
    openAccess: made.openAccess ?? (async () => Promise.reject(new Error('nobody is let in in this test'))),
    openTail: made.openTail ?? (async () => Promise.reject(new Error('no tail in this test'))),
    openProgramme: made.openProgramme ?? (async () => Promise.reject(new Error('no estate in this test'))),
    openProgrammeThere: made.openProgrammeThere ?? (async () => Promise.reject(new Error('no server in this test'))),
    openDesksThere: made.openDesksThere ?? (async () => Promise.reject(new Error('no server in this test'))),
    openNotices: made.openNotices ?? (async () => Promise.reject(new Error('no messages in this test'))),
    serve: async () => Promise.reject(new Error('nothing is served in this test')),
    coexist: async () => Promise.reject(new Error('no doors are opened in this test')),
    doctorEstate: made.doctorEstate ?? (async () => []),
    doctor: made.doctor ?? (async () => Promise.reject(new Error('nothing is tried in this test'))),
    openInspection: made.openInspection ?? (async () => Promise.reject(new Error('no looks in this test'))),
    openEvidence: made.openEvidence ?? (async () => Promise.reject(new Error('no certificates in this test'))),
    openEvidenceThere: made.openEvidenceThere ?? (async () => Promise.reject(new Error('no server in this test'))),
    openImporter: made.openImporter ?? (async () => Promise.reject(new Error('no imports in this test'))),
    readInput: async () => (made.input === undefined ? null : Buffer.from(made.input)),
    estateSchema: '/opt/godwit/docs/godwit.schema.json',
    openLog: (_level, _format, write) => linesTo(write),
    openEngine: async (options) => {
      engineOptions.push(options);
      return engine;
    },
    demo: async () => 0,
  };
  const code = await runCommandLine(argv, world);
  const emergency = () => {
    const before = stdout.length;
    last();
    return stdout.slice(before);
  };
  return { code, stdout, stderr, orders, engineOptions, asked, emergency };
}

/** A report in which all went well. */
export function reportOf(order: CopyOrder, changes: Partial<MailboxReport> = {}): MailboxReport {
  return {
    source: order.source.endpoint.name,
    target: order.target.endpoint.name,
    copied: 5,
    alreadyThere: 2,
    flagsChanged: 1,
    removed: 0,
    bytes: 12_345,
    milliseconds: 678,
    refused: [],
    differences: [],
    folders: [],
    kept: [],
    fault: null,
    dryRun: order.choices.dryRun,
    ...changes,
  };
}

function linesTo(write: (line: string) => void): Log {
  const line = (level: string) => (phrase: string) => {
    if (level === 'warn' || level === 'error') write(`${level} ${phrase}`);
  };
  return { ...silent, error: line('error'), warn: line('warn'), with: () => linesTo(write) };
}
