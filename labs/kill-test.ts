/**
 * Kills `godwit copy` with SIGKILL at random, again and again, while somebody goes on filling the source; then lets it end
 * and compares both sides. Promises 1 and 2: nothing is lost, nothing arrives twice. By hand:
 *
 *     node labs/kill-test.ts --kills 200 [--seed 1] [--target cyrus] [--removals]
 *
 * With --removals the writer removes and moves messages as well, and the copies run with --delete. Every message is then
 * written once, so that whatever is in one folder twice is our doing; and what is left on the target alone must be what a
 * kill explains (`kill-evidence.ts`).
 */

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Chance } from '../src/lib/chance.ts';
import { compareAccounts } from './compare.ts';
import { startCyrus } from './cyrus.ts';
import { startDovecot } from './dovecot.ts';
import { type End, freshState, readReport, startVerb } from './godwit.ts';
import { KillEvidence, repeated } from './kill-evidence.ts';
import { labAvailable } from './namespace.ts';
import { untruths } from './report-check.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { SourceWriter } from './source-writer.ts';
import { startProxy } from './tcp-proxy.ts';

export interface KillFigures {
  readonly kills: number;
  /** Runs that ended before their hour had come. */
  readonly endedBefore: number;
  readonly messages: number;
  /** Kills that came while a batch was on its way to the target. */
  readonly inFlight: number;
  /** Messages served otherwise that the last report lists (flags on what a kill left unproven are only ever added). */
  readonly listed: number;
  /** Messages on the target alone that nobody can prove to be ours: each is explained by a kill, or it is a difference. */
  readonly unlisted: number;
  /** One line per untruth at the end; empty when nothing was lost, nothing is there twice and the report says how it is. */
  readonly differences: readonly string[];
}

const user = { name: 'ada', password: 'secret' };

/** Runs the test; throws when a run that was let be does not end well. */
export async function killTest(
  kills: number,
  seed: number,
  target: 'dovecot' | 'cyrus' = 'dovecot',
  removals = false,
  tell: (line: string) => void = () => undefined,
): Promise<KillFigures> {
  const chance = new Chance(seed);
  const more = removals ? ['--delete'] : [];
  await using old = await startDovecot({ users: [user] });
  await using home = target === 'cyrus' ? await startCyrus({ users: [user] }) : await startDovecot({ users: [user] });
  await using state = await freshState();
  // What has gone to the target so far decides when a run is killed: that is when something is at stake.
  let gone = 0;
  let strike: (() => void) | null = null;
  let strikeAfter = 0;
  await using between = await startProxy(home, {
    toServer: (chunk) => {
      gone += chunk.length;
      if (gone >= strikeAfter) strike?.();
      return chunk;
    },
  });
  const ends: readonly [End, End] = [
    { port: old.port, user },
    { port: between.port, user },
  ];
  const evidence = new KillEvidence(state.path, ends);
  await using writer = await SourceWriter.open(old.port, user, seed, removals);
  await writer.write(200);
  writer.start();
  let killed = 0;
  let inFlight = 0;
  let endedBefore = 0;
  while (killed < kills) {
    gone = 0;
    const { child, ended } = startVerb('copy', ...ends, state.path, ['-q', ...more]);
    strike = () => child.kill('SIGKILL');
    // Half of them after so many octets, the other half after so much time, which also falls before and after sending.
    const byTime = chance.once(2);
    strikeAfter = byTime ? Infinity : chance.between(1, 400_000);
    const timer = setTimeout(() => child.kill('SIGKILL'), byTime ? chance.between(150, 1200) : 20_000);
    const ran = await ended;
    clearTimeout(timer);
    strike = null;
    if (ran.signal === 'SIGKILL') {
      killed++;
      if (gone > 0) inFlight++;
      if (killed % 10 === 0) tell(`${killed} kills, ${writer.messages} messages written so far`);
      await between.quiet();
      if (removals) await evidence.look(await accountSeen(home, user));
      else if (killed % 25 === 0) await nothingTwice(old.port, home.port);
    } else {
      endedBefore++;
      if (ran.code !== 0) throw new Error(`a run ended with ${ran.code}: ${ran.stdout} ${ran.stderr}`);
      if (endedBefore > 50 + 3 * kills) throw new Error('most runs end before they are killed; the writer is too slow');
    }
  }
  await writer.stop();
  const last = readReport(await startVerb('copy', ...ends, state.path, more).ended);
  const onTarget = await accountSeen(home, user);
  const comparison = compareAccounts(await accountSeen(old, user), onTarget);
  const { refused, kept, fault } = last.mailbox;
  const differences = [...untruths(last.mailbox, comparison, false)];
  if (fault !== null) differences.push(`the last run ended with ${fault.code}: ${fault.message}`);
  for (const each of refused) differences.push(`${each.folder} UID ${each.uid} did not arrive: ${each.code}`);
  if (removals) differences.push(...repeated(onTarget).map((message) => `${message} is there twice`));
  const alone = comparison.pairs.flatMap(({ target: folder, onlyTarget }) =>
    onlyTarget.map(({ uid }) => ({ folder, uid })),
  );
  const { byKills, nobody } = await evidence.accountFor(alone, kept);
  differences.push(...nobody.map((message) => `${message} is on the target alone, and nothing accounts for it`));
  if (!removals && byKills > 0) differences.push(`${byKills} messages left a source from which nobody removed any`);
  return {
    kills: killed,
    endedBefore,
    inFlight,
    messages: comparison.sourceMessages,
    listed: last.mailbox.differences.length,
    unlisted: byKills,
    differences,
  };
}

/** On the way, too: the target may lack what has not come yet, but holds nothing that the source has not, nor more of it. */
async function nothingTwice(sourcePort: number, targetPort: number): Promise<void> {
  // The target first: what it holds was on the source by then, and the source only grows.
  const target = await accountSeen({ port: targetPort }, user);
  const source = await accountSeen({ port: sourcePort }, user);
  const more = compareAccounts(source, target).pairs.flatMap((pair) => pair.onlyTarget);
  if (more.length > 0)
    throw new Error(`${more.length} messages are on the target that the source has not, or more often than there`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      target: { type: 'string', default: 'dovecot' },
      removals: { type: 'boolean', default: false },
    },
  });
  const target = values.target === 'cyrus' ? 'cyrus' : 'dovecot';
  if (!skipAloud('killing copies at random', await labAvailable('dovecot'), await labAvailable(target)))
    process.exit(1);
  const figures = await killTest(Number(values.kills), Number(values.seed), target, values.removals, (line) =>
    process.stdout.write(`${line}\n`),
  );
  process.stdout.write(
    `seed ${values.seed}, Dovecot to ${target}: killed ${figures.kills} times (${figures.inFlight} with octets under way to the target; ` +
      `${figures.endedBefore} runs ended before), ${figures.messages} messages, ${figures.listed} listed as served otherwise, ${figures.unlisted} unproven strangers, ` +
      `${figures.differences.length} lost, twice or untrue\n`,
  );
  for (const line of figures.differences.slice(0, 50)) process.stdout.write(`  ${line}\n`);
  process.exit(figures.differences.length === 0 ? 0 : 1);
}
