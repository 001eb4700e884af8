/**
 * interimap: a Perl process per mailbox, two at once. It synchronises both ways; the target being empty of its own, that
 * comes to a copy.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labAvailable } from '../../labs/namespace.ts';
import { unpacked } from '../../labs/packages.ts';
import { exact } from '../compare.ts';
import { halves, hostOf, loopLane, type Address, type Peer } from './peer.ts';

export const interimap: Peer = {
  name: 'interimap',
  manners: exact,
  async missing() {
    const found = await labAvailable('interimap');
    return found.ok ? null : found.why;
  },
  async prepare(setup) {
    const tree = await unpacked('interimap');
    // Its first line asks for taint checks (-T), under which Perl ignores PERL5LIB: the folders are named by hand.
    const folders = ['usr/share/perl5', 'usr/lib/x86_64-linux-gnu/perl5/5.36', 'usr/lib/aarch64-linux-gnu/perl5/5.36'];
    const perl = ['perl', '-T', ...folders.map((path) => `-I${join(tree, path)}`)];
    const env = { HOME: setup.folder };
    mkdirSync(join(setup.folder, 'db'), { recursive: true });
    const lanes = halves(setup.users).map((users, part) =>
      loopLane(
        setup,
        part,
        users.map((user) => {
          const config = join(setup.folder, `${user}.conf`);
          const ends = [
            end('local', setup.source, user, setup.password),
            end('remote', setup.target, user, setup.password),
          ];
          writeFileSync(config, `database = ${setup.folder}/db/${user}.db\n\n${ends.join('\n')}`, { mode: 0o600 });
          return [...perl, join(tree, 'usr/bin/interimap'), '--quiet', `--config=${config}`];
        }),
        env,
      ),
    );
    return { lanes, fineExits: [0], says: `interimap, a process per mailbox, ${lanes.length} at once` };
  },
};

function end(name: string, address: Address, user: string, password: string): string {
  const tls = address.caFile === null ? 'type = imap\nSTARTTLS = NO' : `type = imaps\nSSL_CAfile = ${address.caFile}`;
  return `[${name}]
${tls}
host = ${hostOf(address)}
port = ${address.port}
username = ${user}
password = ${password}
`;
}
