/** `godwit copy` of a marked mailbox at log level trace: with a wrong password, killed twice on its way, resumed, verified. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Canaries, markedMessages } from './canary-estate.ts';
import type { Lookout } from './canary-lookout.ts';
import { type Running, startGodwit, urlOf } from './godwit.ts';
import { seedAccount } from './seed.ts';
import type { LabServer, LabUser } from './server.ts';
import { Chance } from '../src/lib/chance.ts';
import { startWeather } from './weather.ts';

const talkative = '--log-level trace --log-format json';

export interface CopyParts {
  readonly source: LabServer;
  readonly target: LabServer;
  readonly user: LabUser;
  readonly folder: string;
  readonly canaries: Canaries;
  readonly tell: (line: string) => void;
  readonly lookout: Lookout;
}

/** Throws where it does not get there in the end. */
export async function copiesKilledAndResumed(parts: CopyParts): Promise<void> {
  const { source, target, user, folder, canaries, tell, lookout } = parts;
  await seedAccount(source, user, [{ path: ['Copies'], messages: markedMessages(canaries, 40, 'copies') }]);
  await using weather = await startWeather(target, { turnedAway: 50, cut: 15, refused: 300, bye: 900 }, new Chance(7));
  const ends = [source, weather].map(({ port }) => urlOf({ port, user })).join(' ');
  const state = join(folder, 'copies-state');
  const start = (secret: string): Running =>
    startGodwit(
      `copy ${ends} --source-secret env:A --target-secret env:B --state ${state} -o json ${talkative}`.split(' '),
      { A: user.password, B: secret, TMPDIR: folder },
    );
  const wrong = await start(canaries.wrong.text).ended;
  lookout.said('copy with a wrong password', [wrong.stdout, wrong.stderr]);
  if (wrong.code !== 4) throw new Error(`a wrong password ended with ${wrong.code}`);
  for (let kill = 0; kill < 2; kill++) {
    const from = weather.toServerBytes;
    const running = start(user.password);
    let isOver = false;
    void running.ended.then(() => (isOver = true));
    while (!isOver && weather.toServerBytes - from < 200_000 * (kill + 1))
      await new Promise((resolve) => setTimeout(resolve, 2));
    running.child.kill('SIGKILL');
    const { stdout, stderr, signal } = await running.ended;
    lookout.said(`copy, ${signal ?? 'not'} killed`, [stdout, stderr]);
  }
  for (let tries = 0; ; tries++) {
    const { code, stdout, stderr } = await start(user.password).ended;
    lookout.said('copy resumed', [stdout, stderr]);
    tell(`copy resumed: ${code}`);
    if (code === 0 || code === 3) break;
    if (tries === 15) throw new Error(`the copy does not get there: ${stderr.slice(-2_000)}`);
  }
  if ((await readdir(state)).length === 0) throw new Error('there is no ledger');
}
