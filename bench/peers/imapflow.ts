/** imapflow: the library most used from Node, in a small copier of ours (`imapflow-copier.ts`), two processes at once. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exact } from '../compare.ts';
import { halves, type Peer } from './peer.ts';

const copier = join(import.meta.dirname, 'imapflow-copier.ts');

export const imapflow: Peer = {
  name: 'imapflow',
  // The library subscribes to what it creates and does not tell whether INBOX is subscribed.
  manners: { ...exact, losesSubscriptions: true },
  missing: () => Promise.resolve(null),
  prepare(setup) {
    mkdirSync(join(setup.folder, 'maps'), { recursive: true });
    const lanes = halves(setup.users).map((users, part) => {
      const order = join(setup.folder, `order-${part}.json`);
      const { source, target, password, folder } = setup;
      writeFileSync(order, JSON.stringify({ users, source, target, password, stateFolder: join(folder, 'maps') }));
      return { argv: [process.execPath, copier, order], env: {}, logFile: join(folder, `imapflow-${part}.log`) };
    });
    return Promise.resolve({
      lanes,
      fineExits: [0],
      says: `imapflow copier, ${lanes.length} process(es), a pair of connections per mailbox`,
    });
  },
};
