/** The mailboxes of the bench: filled on the side that they leave, and made known to Godwit. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appendParts, fill } from '../append.ts';
import { type EveningGodwit, verb } from '../evening-godwit.ts';
import { forAll } from '../evening-servers.ts';
import { quoted, RawImap } from '../raw-imap.ts';
import { generator, type MadeMessage, makeMessage, sizesOf } from '../workload.ts';
import { type Landscape, password } from './landscape.ts';

export interface Sizes {
  readonly messagesMin: number;
  readonly messagesMax: number;
  /** Of them so many with 20,000 messages and 1 GB. */
  readonly large: number;
}

/** Who travels together has an organisation of their own. */
export interface Group {
  readonly code: string;
  readonly addresses: readonly string[];
}

const largeMessages = 20_000;
const largeOctets = 1e9;
const lanes = 6;

/** How many messages each mailbox got. */
export async function seedAll(
  { source }: Landscape,
  addresses: readonly string[],
  { messagesMin, messagesMax, large }: Sizes,
): Promise<ReadonlyMap<string, number>> {
  const seeded = new Map<string, number>();
  await forAll(
    addresses,
    lanes,
    async (address, number) => {
      await using imap = await RawImap.open({ host: '127.0.0.1', port: source.port, ca: null });
      await imap.signIn(address, password);
      const random = generator(number + 1);
      const isLarge = number < large;
      const count = isLarge ? largeMessages : messagesMin + Math.floor(random() * (messagesMax - messagesMin + 1));
      const sizes = isLarge
        ? sizesOf(count, largeOctets)
        : Array.from({ length: count }, () => 1_000 + Math.floor(random() ** 4 * 40_000));
      const messages = sizes.map((size, i): MadeMessage => makeMessage(size, random, number * 50_000 + i));
      for (let at = 0; at < messages.length; at += 500)
        await fill(imap, [
          { path: 'INBOX', subscribed: true, commands: [appendParts(messages.slice(at, at + 500))] },
          ...(at === 0 ? [{ path: 'Archive', subscribed: true, commands: [] }] : []),
        ]);
      await imap.ask(`STATUS ${quoted('INBOX')} (MESSAGES)`);
      seeded.set(address, count);
    },
    () => undefined,
  );
  return seeded;
}

export async function importAll(godwit: EveningGodwit, groups: readonly Group[]): Promise<void> {
  const write = (name: string, lines: readonly string[]): string => {
    const file = join(godwit.folder, name);
    writeFileSync(file, [...lines, ''].join('\n'));
    return file;
  };
  const organisations = write('organisations.csv', [
    'code,name,parent',
    ...groups.map(({ code }) => `${code},The town's ${code},`),
  ]);
  const mailboxes = write('mailboxes.csv', [
    'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint',
    ...groups.flatMap(({ code, addresses }) => addresses.map((address) => `${address},person,${code},,,,,`)),
  ]);
  const grants = write('grants.csv', [
    'mailbox,grantee,kind',
    ...groups.flatMap(({ addresses }) => belongings(addresses)),
  ]);
  const files = ['--organisations', organisations, '--mailboxes', mailboxes, '--grants', grants];
  await verb(godwit, ['estate', 'import', ...files, '--yes']);
}

/** Of six, two and three work in each other's mailboxes, and one belongs with nobody. */
function belongings(addresses: readonly string[]): readonly string[] {
  return addresses.flatMap((address, i) => {
    const firstOfThem = addresses[i - (i % 6) + (i % 6 < 2 ? 0 : 2)];
    return [1, 3, 4].includes(i % 6) ? [`${firstOfThem},${address},full-access`] : [];
  });
}
