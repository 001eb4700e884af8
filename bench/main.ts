/** `npm run bench -- copy | memory | stall | profile | ledger-size | queue | plan | look-ups | …`: see README.md beside this file. */

import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { runApi } from './api/run.ts';
import { runControlPlane } from './control-plane.ts';
import { stateNames } from './control-plane-estate.ts';
import { runCertificates } from './certificates.ts';
import { type Part, runCopyBench } from './copy-bench.ts';
import { besideLines, besideRehearsal, readEvening } from './evening-rehearsed.ts';
import { eveningLines } from './evening-result.ts';
import { eveningMailboxes, runEvening } from './evening.ts';
import { runEvents } from './events.ts';
import { runImport } from './import.ts';
import { runLedgerSize } from './ledger-size.ts';
import { runLookUps } from './look-ups.ts';
import { runMemory } from './memory.ts';
import type { PeerName } from './peers/peer.ts';
import { runPlanBench } from './plan/run-plan.ts';
import { runProfile } from './profile.ts';
import { runQueueBench } from './queue.ts';
import { runRehearseBench } from './rehearse.ts';
import type { Storage } from './servers.ts';
import { runStall } from './stall.ts';
import { runSwitch, switchMailboxes } from './switch/run.ts';
import { switchLines } from './switch/told.ts';
import { allStrikes } from './switch/weather-cases.ts';
import { runWeather } from './switch/weather.ts';
import { weatherLines } from './switch/weather-told.ts';
import { judge, printTable, rowsOf } from './table.ts';

const parts = ['a', 'b', 'c', 'd', 'e', 'e200', 'f', 'f200', 'floor'] as const;
const everyday: readonly Part[] = ['a', 'b', 'c', 'd', 'e', 'f', 'floor'];
const peers = ['godwit', 'mbsync', 'dsync', 'interimap', 'imapflow'] as const;
const works = ['w1', 'w2', 'many', 'large'] as const;
const wires = ['plain', 'distance', 'tls'] as const;
const memoryParts = ['w2', 'many', 'large'] as const;
const storages = ['mdbox', 'sdbox', 'maildir'] as const;

const usage = `npm run bench -- copy [--only ${everyday.join(',')}] [--peers ${peers.join(',')}] [--rounds 3]
                       [--storage mdbox] [--at-once N] [--slow] [--nice=N] [--json FILE]
npm run bench -- memory [--only w2,many,large] [--at-once N] [--json FILE]
npm run bench -- queue [--mailboxes 2100000] [--at-once N] [--json FILE]
npm run bench -- import [--mailboxes 2100000] [--grants 5000000] [--json FILE]
npm run bench -- control-plane [--mailboxes 2100000] [--only ${stateNames.join(',')}] [--json FILE]
npm run bench -- api [--mailboxes 2100000] [--clients 50] [--only WORDS,…] [--keep] [--profile FOLDER] [--json FILE]
npm run bench -- rehearse [--mailboxes 2100000] [--seed 1] [--planner godwit|organisations] [--runs N] [--json FILE]
npm run bench -- events [--clients 200] [--json FILE]
npm run bench -- look-ups [--mailboxes 2100000] [--json FILE]
npm run bench -- rehearse --evening FILE [--json FILE]
npm run bench -- stall [--work w1|w2] [--rounds 3]
npm run bench -- profile [--wire plain|tls|distance] [--work w1|w2] [--out FOLDER]
npm run bench -- certificates [--mailboxes 500] [--json FILE]
npm run bench -- ledger-size [--mailboxes 10000] [--json FILE]
npm run bench -- evening [--mailboxes 22000] [--messages-min 10] [--messages-max 40] [--at-once 12] [--scratch FOLDER]
                         [--keep] [--follow-every 1h] [--node-options WORDS] [--json FILE]
npm run bench -- switch [--mailboxes 300] [--messages-min 200] [--messages-max 2000] [--at-once 8] [--scratch FOLDER] [--keep] [--json FILE]
npm run bench -- switch-weather [--mailboxes 4] [--only WORDS,…] [--scratch FOLDER] [--keep] [--json FILE]
npm run bench -- plan [--mailboxes 10000,200000,2100000] [--seeds 1,2,3] [--effort default|5m] [--json FILE]`;

const say = (line: string): void => console.log(line);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    clients: { type: 'string' },
    profile: { type: 'string' },
    peers: { type: 'string', default: peers.join(',') },
    rounds: { type: 'string', default: '3' },
    storage: { type: 'string', default: 'mdbox' },
    'at-once': { type: 'string' },
    mailboxes: { type: 'string' },
    grants: { type: 'string' },
    slow: { type: 'boolean', default: false },
    nice: { type: 'string' },
    json: { type: 'string' },
    wire: { type: 'string', default: 'plain' },
    work: { type: 'string', default: 'w1' },
    out: { type: 'string', default: '.scratch/bench/profile' },
    'messages-min': { type: 'string' },
    'messages-max': { type: 'string' },
    scratch: { type: 'string' },
    keep: { type: 'boolean', default: false },
    'follow-every': { type: 'string', default: '1h' },
    'node-options': { type: 'string', default: '' },
    seeds: { type: 'string', default: '1,2,3' },
    effort: { type: 'string', default: 'default' },
    seed: { type: 'string', default: '1' },
    planner: { type: 'string', default: 'godwit' },
    runs: { type: 'string' },
    evening: { type: 'string' },
  },
});

// Servers and clients alike inherit it: on a busy machine a run says more when the neighbours wait.
if (values.nice !== undefined) setPriority(Number(values.nice));

const keep = (result: unknown): void => {
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
};

switch (positionals[0]) {
  case 'copy': {
    const result = await runCopyBench({
      parts: new Set(chosen(values.only ?? everyday.join(','), parts)),
      peers: new Set<PeerName>(chosen(values.peers, peers)),
      rounds: Number(values.rounds),
      storage: chosen(values.storage, storages)[0] as Storage,
      atOnce: values['at-once'] === undefined ? null : Number(values['at-once']),
      slow: values.slow,
      say,
    });
    printTable(result, say);
    keep({ ...result, rows: rowsOf(result), judged: judge(result) });
    break;
  }
  case 'memory':
    keep(
      await runMemory(chosen(values.only ?? memoryParts.join(','), memoryParts), Number(values['at-once'] ?? 4), say),
    );
    break;
  case 'queue':
    keep(await runQueueBench(Number(values.mailboxes ?? 2_100_000), Number(values['at-once'] ?? 32), say));
    break;
  case 'import': {
    const mailboxes = Number(values.mailboxes ?? 2_100_000);
    keep(await runImport(mailboxes, Number(values.grants ?? Math.round((mailboxes * 5) / 2.1)), say));
    break;
  }
  case 'events':
    keep(await runEvents(Number(values.clients ?? 200), say));
    break;
  case 'control-plane':
    keep(
      await runControlPlane(
        Number(values.mailboxes ?? 2_100_000),
        chosen(values.only ?? stateNames.join(','), stateNames),
        say,
      ),
    );
    break;
  case 'api': {
    const result = await runApi({
      mailboxes: Number(values.mailboxes ?? 2_100_000),
      clients: Number(values.clients ?? 50),
      seconds: 10,
      only: values.only?.split(',') ?? [],
      asItStands: values.keep,
      profile: values.profile ?? null,
      say,
    });
    keep(result);
    if (!result.isWell) process.exitCode = 1;
    break;
  }
  case 'look-ups': {
    const result = await runLookUps(Number(values.mailboxes ?? 2_100_000), say);
    keep(result);
    if (!result.isWell) process.exitCode = 1;
    break;
  }
  case 'stall':
    keep(await runStall(chosen(values.work, works)[0] ?? 'w1', Number(values.rounds), say));
    break;
  case 'certificates': {
    const result = await runCertificates(Number(values.mailboxes ?? 500), say);
    keep(result);
    if (!result.isWell) process.exitCode = 1;
    break;
  }
  case 'ledger-size':
    keep(await runLedgerSize(Number(values.mailboxes ?? 10_000), say));
    break;
  case 'switch': {
    const isSmall = Number(values.mailboxes ?? switchMailboxes) < switchMailboxes;
    const result = await runSwitch({
      mailboxes: Number(values.mailboxes ?? switchMailboxes),
      messagesMin: Number(values['messages-min'] ?? (isSmall ? 20 : 200)),
      messagesMax: Number(values['messages-max'] ?? (isSmall ? 60 : 2_000)),
      large: isSmall ? 0 : 3,
      perSecond: isSmall ? 10 : 30,
      programs: isSmall ? 20 : 100,
      atOnce: Number(values['at-once'] ?? 8),
      announceAheadMs: 40_000,
      usualMs: 10_000,
      afterwardsMs: 20_000,
      burst: 3_000,
      behindAfterMs: 120_000,
      disagreeMs: 10_000,
      scratch: values.scratch ?? null,
      keep: values.keep,
      say,
    });
    for (const line of switchLines(result)) say(line);
    keep(result);
    if (!result.isWell) process.exitCode = 1;
    break;
  }
  case 'switch-weather': {
    const meant = values.only?.split(',') ?? [''];
    const strikes = allStrikes().filter(({ name }) => meant.some((words) => name.includes(words)));
    const result = await runWeather({
      voyages: strikes.map((strike) => ({ there: strike, back: strike })),
      mailboxesEach: Number(values.mailboxes ?? 4),
      messagesEach: 20,
      perSecond: 6,
      scratch: values.scratch ?? null,
      keep: values.keep,
      say,
    });
    for (const line of weatherLines(result)) say(line);
    keep(result);
    if (!result.isWell) process.exitCode = 1;
    break;
  }
  case 'evening': {
    const most = Number(values['messages-max'] ?? 40);
    await runEvening({
      mailboxes: Number(values.mailboxes ?? eveningMailboxes),
      messagesMin: Math.min(Number(values['messages-min'] ?? 10), most),
      messagesMax: most,
      scratch: values.scratch ?? null,
      keep: values.keep,
      atOnce: Number(values['at-once'] ?? 12),
      followEvery: values['follow-every'],
      nodeOptions: values['node-options'],
      say,
      told: (evening) => {
        for (const line of eveningLines(evening)) say(line);
        keep(evening);
        if (!evening.isWell) process.exitCode = 1;
      },
    });
    break;
  }
  case 'plan': {
    const result = await runPlanBench({
      mailboxes: numbers(values.mailboxes ?? '10000,200000,2100000'),
      seeds: numbers(values.seeds),
      effort: values.effort,
      say,
    });
    keep(result);
    if (!result.isWell) process.exitCode = 1;
    break;
  }
  case 'rehearse': {
    if (values.evening !== undefined) {
      const evening = readEvening(values.evening);
      const beside = besideRehearsal(evening);
      for (const line of besideLines(evening, beside)) say(line);
      keep(beside);
      break;
    }
    const result = await runRehearseBench({
      mailboxes: Number(values.mailboxes ?? 2_100_000),
      seed: Number(values.seed),
      planner: chosen(values.planner, ['godwit', 'organisations'] as const)[0] ?? 'godwit',
      runs: values.runs === undefined ? null : Number(values.runs),
      say,
    });
    keep(result);
    if (!result.isWell) process.exitCode = 1;
    break;
  }
  case 'profile':
    await runProfile(
      chosen(values.work, works)[0] ?? 'w1',
      chosen(values.wire, wires)[0] ?? 'plain',
      Number(values['at-once'] ?? 4),
      values.out,
      say,
    );
    break;
  default:
    console.error(usage);
    process.exitCode = 2;
}

function chosen<T extends string>(text: string, among: readonly T[]): T[] {
  return text.split(',').map((word) => {
    const found = among.find((each) => each === word.trim());
    if (found === undefined) throw new Error(`"${word}" is none of ${among.join(', ')}`);
    return found;
  });
}

function numbers(text: string): readonly number[] {
  return text.split(',').map((word) => {
    const number = Number(word);
    if (!Number.isInteger(number) || number < 1) throw new Error(`"${word}" is no whole number above 0`);
    return number;
  });
}
