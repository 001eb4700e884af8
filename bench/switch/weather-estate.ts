/** The estate that meets bad weather: who is in it, what they are told to do, and how they stand. */

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { forAll } from '../evening-servers.ts';
import { RawImap } from '../raw-imap.ts';
import type { SideName } from '#domain/platform.ts';
import { windowFrom } from '#domain/window.ts';
import { openWaves } from '#store/waves.ts';
import { domain, password } from './landscape.ts';
import type { Injected } from './mail.ts';
import type { WeatherLandscape } from './weather-landscape.ts';
import type { Turned } from './weather-verdict.ts';

/** How many there are in a wave, and how much mail each of them has from before. */
export interface Crew {
  readonly mailboxesEach: number;
  readonly messagesEach: number;
}

/** They change sides in no wave, and shall notice nothing. */
export const bystanders = ['stays-0', 'stays-1'].map((name) => `${name}@${domain}`);
/** All of it ends by itself; what has not after this never will. */
const crossMaxMs = 240_000;

export class WeatherEstate {
  readonly #crew: Crew;
  readonly #land: WeatherLandscape;

  constructor(crew: Crew, land: WeatherLandscape) {
    [this.#crew, this.#land] = [crew, land];
  }

  /** The addresses of a wave. */
  of(wave: string): readonly string[] {
    return Array.from({ length: this.#crew.mailboxesEach }, (_, i) => `${wave}-m${i}@${domain}`);
  }

  /** Everybody, with mail from before; answers with that. */
  async seed(waves: readonly string[]): Promise<readonly Injected[]> {
    const mail: Injected[] = [];
    const { database, sides } = this.#land;
    for (const wave of [...waves, 'stays'])
      await sql`insert into organisation (code, name) values (${wave}, ${wave})`.execute(database.db.sql);
    const all = [
      ...waves.flatMap((wave) => this.of(wave).map((address) => ({ address, wave }))),
      ...bystanders.map((address) => ({ address, wave: 'stays' })),
    ];
    for (const { address, wave } of all)
      await sql`
        insert into mailbox (address, kind, organisation)
        select ${address}, 'person', id from organisation where code = ${wave}`.execute(database.db.sql);
    await forAll(
      all,
      4,
      async ({ address }, number) => {
        await using imap = await RawImap.open({ host: '127.0.0.1', port: sides.source.port, ca: null });
        await imap.signIn(address, password);
        await imap.ask('CREATE Archive').catch(() => undefined); // there already
        for (let i = 0; i < this.#crew.messagesEach; i++) {
          const id = `weather-seed-${number}-${i}`;
          const text = Buffer.from(
            `From: ${address}\r\nSubject: old ${i}\r\nMessage-ID: <${id}@${domain}>\r\n\r\nOld ${i}.\r\n`,
          );
          await imap.ask(`APPEND INBOX {${text.length}+}`, [
            Buffer.concat([Buffer.from('\r\n'), text, Buffer.from('\r\n')]),
          ]);
          mail.push({ id, to: address, at: 0 });
        }
      },
      () => undefined,
    );
    return mail;
  }

  /** A wave of one organisation, whose window is far ahead. */
  async start(wave: string): Promise<void> {
    const waves = openWaves(this.#land.database.db);
    const later = Date.now() + 12 * 3_600_000;
    const window = windowFrom(later, later + 24 * 3_600_000);
    const order = {
      name: wave,
      selector: { organisation: [wave] },
      limit: null,
      isPilot: false,
      errorBudget: 1,
      window,
    };
    const created = await waves.create(order, 'the bench');
    const started = await waves.move(wave, 'start', 'the bench', null);
    if (created.kind !== 'created' || started.kind !== 'moved') throw new Error(`${wave} does not begin`);
  }

  /** Has them go over, and waits until all of them are there. */
  async go(wave: string, to: SideName): Promise<void> {
    const { db } = this.#land.database;
    const waves = openWaves(db);
    const now = windowFrom(Date.now(), Date.now() + 12 * 3_600_000);
    if (to === 'target') await waves.reschedule(wave, now, 'the bench', null);
    else await waves.goBack(wave, 'the bench', 'to see it');
    await this.until(`all of ${wave} are on the ${to}`, [wave], to === 'target' ? 'settled' : 'following');
  }

  /** Until all of those waves are in `stage`; throws where they never will be. */
  async until(what: string, waves: readonly string[], stage: string): Promise<void> {
    for (const since = Date.now(); ; await sleep(100)) {
      const { rows } = await this.#ask<{ stand: string; isThere: boolean }>(sql`
        select m.stage || ' ' || m.mark || ' ' || coalesce(m.blocked, '') as stand, m.stage = ${stage} as "isThere"
          from mailbox m join wave w on w.id = m.wave where w.name = any(${waves}::text[])`);
      if (rows.every(({ isThere }) => isThere)) return;
      if (Date.now() - since > crossMaxMs)
        throw new Error(`in vain until ${what}: ${rows.map(({ stand }) => stand).join(', ')}`);
    }
  }

  /** Who has come to that side, and when: milliseconds since 1970. */
  async turned(wave: string, to: SideName): Promise<readonly Turned[]> {
    const { rows } = await this.#ask<{ address: string; at: number }>(sql`
      select m.address, (extract(epoch from r.turned_at) * 1000)::float8 as at
        from route r join mailbox m on m.id = r.mailbox join wave w on w.id = m.wave
       where w.name = ${wave} and r.side = ${to}`);
    return rows.map((row) => ({ ...row, to }));
  }

  /** Whoever is not where everybody is, or is still held there. */
  async unsettled(wave: string, to: SideName): Promise<readonly string[]> {
    const { rows } = await this.#ask<{ said: string }>(sql`
      select m.address || ' is ' || m.stage || ' ' || m.mark || ', on the ' || r.side || ', ' || r.standing as said
        from mailbox m join wave w on w.id = m.wave left join route r on r.mailbox = m.id
       where w.name = ${wave} and (r.side is distinct from ${to} or r.standing = 'held' or m.mark = 'blocked')`);
    return rows.map(({ said }) => said);
  }

  /** While the database is away it is asked again. */
  async #ask<Row>(question: ReturnType<typeof sql<Row>>): Promise<{ readonly rows: Row[] }> {
    for (const since = Date.now(); ; await sleep(200)) {
      try {
        return await question.execute(this.#land.database.db.sql);
      } catch (error) {
        if (Date.now() - since > crossMaxMs) throw error;
      }
    }
  }
}
