/**
 * Godwit as it is shipped: the launcher, its ledger on a real file system, everything on. One account by two URLs, many by
 * a list. `--delete`, since the others remove on the target what was removed on the source.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exact } from '../compare.ts';
import { hostOf, type Address, type Peer, type Setup } from './peer.ts';

export const launcher = join(import.meta.dirname, '..', '..', 'godwit');

export const godwit: Peer = {
  name: 'godwit',
  manners: exact,
  missing: () => Promise.resolve(existsSync(launcher) ? null : 'there is no ./godwit yet'),
  prepare(setup) {
    const state = join(setup.folder, 'state');
    mkdirSync(state, { recursive: true });
    const args = setup.users.length === 1 ? one(setup) : many(setup);
    return Promise.resolve({
      lanes: [
        {
          argv: [launcher, 'copy', ...args, '--delete', '--state', state, '-o', 'json', ...trust(setup)],
          env: { GODWIT_BENCH_SECRET: setup.password },
          logFile: join(setup.folder, 'godwit.log'),
        },
      ],
      forget: async () => {
        await rm(state, { recursive: true });
        await mkdir(state);
      },
      fineExits: [0],
      says:
        setup.users.length === 1
          ? 'godwit copy SOURCE TARGET'
          : `godwit copy --accounts FILE --at-once ${setup.atOnce}`,
    });
  },
};

/** The same with variables in its environment, for looking inside (`stall`, `profile`); never for a figure of a table. */
export function godwitObserved(env: Readonly<Record<string, string>>): Peer {
  return {
    ...godwit,
    async prepare(setup) {
      const prepared = await godwit.prepare(setup);
      return { ...prepared, lanes: prepared.lanes.map((lane) => ({ ...lane, env: { ...lane.env, ...env } })) };
    },
  };
}

const secret = 'env:GODWIT_BENCH_SECRET';

function one(setup: Setup): readonly string[] {
  const user = setup.users[0] ?? '';
  return [url(setup.source, user), url(setup.target, user), '--source-secret', secret, '--target-secret', secret];
}

function many(setup: Setup): readonly string[] {
  const file = join(setup.folder, 'accounts.csv');
  const lines = setup.users.map((user) => [url(setup.source, user), url(setup.target, user), secret, secret].join(','));
  writeFileSync(file, `source,target,source_secret,target_secret\n${lines.join('\n')}\n`);
  return ['--accounts', file, '--at-once', String(setup.atOnce)];
}

function url(address: Address, user: string): string {
  const scheme = address.caFile === null ? 'imap+plain' : 'imaps';
  return `${scheme}://${user}@${hostOf(address)}:${address.port}`;
}

/** Both servers bear certificates of one throw-away authority. */
function trust(setup: Setup): readonly string[] {
  const ca = setup.source.caFile ?? setup.target.caFile;
  return ca === null ? [] : ['--ca', ca];
}
