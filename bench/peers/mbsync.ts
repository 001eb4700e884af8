/**
 * mbsync (isync): one channel per mailbox, pulled from the far side; two processes, each with half of the channels.
 *
 * It puts an X-TUID header into every message, drops keywords and does not carry subscriptions.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labAvailable } from '../../labs/namespace.ts';
import { unpacked } from '../../labs/packages.ts';
import { halves, hostOf, type Address, type Peer, type Setup } from './peer.ts';

export const mbsync: Peer = {
  name: 'mbsync',
  manners: {
    addsBytes: 'X-TUID: ............\r\n'.length,
    addsHeader: /^X-TUID: .{12}\r\n/m,
    losesKeywords: true,
    losesSubscriptions: true,
    losesEmptyFolders: false,
  },
  async missing() {
    const found = await labAvailable('isync');
    return found.ok ? null : found.why;
  },
  async prepare(setup) {
    const tree = await unpacked('isync');
    const lanes = halves(setup.users).map((users, part) => {
      const config = join(setup.folder, `mbsyncrc-${part}`);
      const state = join(setup.folder, `state-${part}`);
      if (!existsSync(state)) mkdirSync(state);
      writeFileSync(config, configOf(setup, users, state), { mode: 0o600 });
      return {
        argv: [join(tree, 'usr/bin/mbsync'), '-q', '-c', config, '-a'],
        env: {},
        logFile: join(setup.folder, `mbsync-${part}.log`),
      };
    });
    return {
      lanes,
      fineExits: [0],
      says: `mbsync -a, ${lanes.length} process(es), Sync Pull, Create/Remove/Expunge Near`,
    };
  },
};

function configOf(setup: Setup, users: readonly string[], state: string): string {
  return users
    .map(
      (user, i) => `
${store(`far${i}`, setup.source, user, setup.password)}
${store(`near${i}`, setup.target, user, setup.password)}
Channel c${i}
Far :far${i}:
Near :near${i}:
Patterns *
Sync Pull
Create Near
Remove Near
Expunge Near
CopyArrivalDate yes
SyncState ${state}/${user}-
`,
    )
    .join('');
}

function store(name: string, address: Address, user: string, password: string): string {
  const tls =
    address.caFile === null
      ? 'SSLType None'
      : `SSLType IMAPS\nSystemCertificates no\nCertificateFile ${address.caFile}`;
  return `IMAPAccount ${name}
Host ${hostOf(address)}
Port ${address.port}
User ${user}
Pass ${password}
AuthMechs LOGIN
${tls}

IMAPStore ${name}
Account ${name}
`;
}
