/**
 * dsync: `doveadm backup -R` with imapc, Dovecot's own way of moving in. It writes the target's storage itself, so its
 * target CPU is in the client's column. It runs in the target server's mount namespace, a process per mailbox, two at once.
 */

import { exact } from '../compare.ts';
import { halves, hostOf, loopLane, type Peer, type Setup } from './peer.ts';

export const dsync: Peer = {
  name: 'dsync',
  manners: exact,
  missing: () => Promise.resolve(null),
  prepare(setup) {
    const lanes = halves(setup.users).map((users, part) => {
      const lane = loopLane(
        setup,
        part,
        users.map((user) => command(setup, user)),
        {},
      );
      return { ...lane, argv: ['nsenter', '-t', String(setup.targetServer.pid), '-m', ...lane.argv] };
    });
    return Promise.resolve({
      lanes,
      fineExits: [0],
      says: `doveadm backup -R -u USER imapc:, ${lanes.length} at once`,
    });
  },
};

function command(setup: Setup, user: string): readonly string[] {
  const { source } = setup;
  const settings = [
    `imapc_host=${hostOf(source)}`,
    `imapc_port=${source.port}`,
    `imapc_user=${user}`,
    `imapc_password=${setup.password}`,
    // What Dovecot's own migration guide sets; without them every message is fetched twice.
    'imapc_features=rfc822.size fetch-headers',
    ...(source.caFile === null ? [] : ['imapc_ssl=imaps', `ssl_client_ca_file=${source.caFile}`]),
  ];
  return [
    '/usr/bin/doveadm',
    '-c',
    `${setup.targetServer.scratch}/dovecot.conf`,
    ...settings.flatMap((setting) => ['-o', setting]),
    'backup',
    '-R',
    '-u',
    user,
    'imapc:',
  ];
}
