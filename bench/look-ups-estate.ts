/** The people of an estate with two and a half addresses each, and what is asked about them. */

import { sql } from 'kysely';
import { CopyIn, copyArray, copyValue } from '#store/copy-in.ts';
import type { Database } from '#store/db.ts';
import { estateOf, MadeEstate } from './estate-generator.ts';

/** Rows are handed on by so many. */
const rowsPerBlock = 2_000;

/** Every second of them has one alias, and the others have two. */
export function* peopleOf(mailboxes: number): Generator<readonly [address: string, ...aliases: string[]]> {
  let number = 0;
  for (const { address } of new MadeEstate(estateOf(mailboxes, 0)).mailboxes()) {
    number++;
    const domain = address.slice(address.indexOf('@') + 1);
    const first = `person.${number}@health.example`;
    yield number % 2 === 0 ? [address, first] : [address, first, `p${number}@mail.${domain}`];
  }
}

/** Into empty tables: two fifths have changed sides, and one in fifty is about to. */
export async function fillForLookUps(db: Database, mailboxes: number): Promise<void> {
  const client = await db.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query('drop index mailbox_aliases');
    await client.query(`insert into organisation (code, name) values ('RXY', 'Somewhere')`);
    const copy = new CopyIn(client, 'copy mailbox (address, kind, organisation, aliases) from stdin');
    let [block, rows] = ['', 0];
    for (const [address, ...aliases] of peopleOf(mailboxes)) {
      block += `${copyValue(address)}\tperson\t1\t${copyArray(aliases)}\n`;
      if (++rows % rowsPerBlock !== 0) continue;
      await copy.write(block);
      block = '';
    }
    await copy.write(block);
    await copy.end();
    await client.query(`
      insert into route (mailbox, side, standing)
      select id, case when id % 5 < 2 then 'target' else 'source' end, case when id % 50 = 7 then 'announced' else 'open' end
        from mailbox where id % 5 < 2 or id % 50 = 7`);
  } finally {
    await client.end();
  }
  await sql`vacuum analyze`.execute(db.sql);
}
