/** What is said of an estate that has moved: by an independent comparison of every mailbox, and by Godwit itself. */

import { sql } from 'kysely';
import { verifyAudit } from '../src/store/audit-verify.ts';
import type { Database } from '../src/store/db.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import type { LabServer, LabUser } from './server.ts';
import { accountSeen } from './snapshot.ts';

export interface Verdict {
  readonly messages: number;
  readonly audit: string;
  /** One line for each untruth; empty when nothing was lost, nothing is there twice, and Godwit says how it is. */
  readonly differences: readonly string[];
}

export interface Evidence {
  readonly users: readonly LabUser[];
  readonly source: LabServer;
  readonly target: LabServer;
  readonly db: Database;
  /** When people wrote to a mailbox last, in milliseconds since 1970. */
  readonly lastWritten: ReadonlyMap<string, number>;
}

export async function judge(evidence: Evidence): Promise<Verdict> {
  const { users, source, target, db } = evidence;
  const differences: string[] = [];
  let messages = 0;
  const left = [...users];
  const some = async (): Promise<void> => {
    for (let user = left.shift(); user; user = left.shift()) {
      const [there, here] = [await accountSeen(source, user), await accountSeen(target, user)];
      const comparison = compareAccounts(there, here);
      messages += comparison.sourceMessages;
      for (const line of differencesOf(comparison)) differences.push(`${user.name}: ${line}`);
    }
  };
  await Promise.all([some(), some(), some()]);
  const log = await verifyAudit(db.sql);
  if (!log.intact) differences.push(`the audit log: ${log.what}`);
  differences.push(...(await untruthsOf(evidence)), ...(await exceptionsIn(db)));
  return {
    messages,
    audit: log.intact ? `${log.records} records, intact, ${log.unsealed} not sealed yet` : log.what,
    differences,
  };
}

interface MailboxRow {
  readonly address: string;
  readonly stage: string;
  readonly mark: string;
  readonly blocked: string | null;
  readonly blocked_about: unknown;
  readonly exceptions: number;
  readonly side: string | null;
  /** When its last switch began, in milliseconds since 1970. */
  readonly switched: number | null;
}

/** What Godwit's own tables say that is not as it should be. */
async function untruthsOf({ db, lastWritten }: Evidence): Promise<readonly string[]> {
  const { rows } = await sql<MailboxRow>`
    select m.address, m.stage, m.mark, m.blocked, m.blocked_about, m.exceptions, r.side,
           (select (extract(epoch from max(a.at)) * 1000)::int8 from audit a
             where a.mailbox = m.id and a.what = 'switch') as switched
      from mailbox m left join route r on r.mailbox = m.id order by m.id`.execute(db.sql);
  return rows.flatMap((row) => {
    const { address, stage, mark, blocked, exceptions, side, switched } = row;
    const written = lastWritten.get(address) ?? 0;
    return [
      ...(stage === 'settled' && mark === '' && side === 'target'
        ? []
        : [`${address} is ${stage} ${mark} ${blocked ?? ''} ${JSON.stringify(row.blocked_about)}, route ${side}`]),
      ...(exceptions === 0 ? [] : [`${address} has ${exceptions} exceptions by Godwit's own count`]),
      ...(switched === null || written <= switched
        ? []
        : [`${address} was written to after its switch had begun: a fault of this lab`]),
    ];
  });
}

/** What Godwit lists by name; in this estate there is nothing that anybody could refuse for good. */
async function exceptionsIn(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select 'listed: ' || m.address || ', ' || e.folder || ' UID ' || e.uid || ' (' || e.direction || '): ' || e.kind || ' '
           || e.code || ', ' || e.detail as line
      from ledger_exception e join mailbox m on m.id = e.mailbox order by 1 limit 50`.execute(db.sql);
  return rows.map(({ line }) => line);
}

/** Leases that a living worker keeps though it has no job for them: nobody else could ever take what they are of. */
export async function leaksOf(db: Database): Promise<readonly string[]> {
  const held = async (): Promise<readonly string[]> => {
    const { rows } = await sql<{ line: string }>`
      with at_work as (
        select (data ->> 'mailbox')::int as mailbox from pgboss.job where state = 'active'
      )
      select 'mailbox ' || mailbox || ' is kept by worker ' || worker || ', which does nothing with it' as line
        from mailbox_lease where mailbox not in (select mailbox from at_work)
      union all
      select connections || ' connections to mailbox ' || mailbox || ' of the ' || side || ' (' || id || ') are kept by worker '
             || worker || ', which does nothing with them'
        from connection_lease where mailbox not in (select mailbox from at_work)`.execute(db.sql);
    return rows.map(({ line }) => line);
  };
  // What is just being given back is gone by then.
  const before = new Set(await held());
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return (await held()).filter((line) => before.has(line));
}

/** All that the database knows of mailboxes that have not settled, of jobs and of workers, for who looks why it does not end. */
export async function whereTheyAre(db: Database): Promise<readonly string[]> {
  const asked = [
    sql<{ line: string }>`
      select 'mailbox ' || to_json(s) as line from (
        select id, address, stage, mark, due_at, queued_at, failures, now() from mailbox
         where stage <> 'settled' or mark <> '' order by id limit 20) as s`,
    sql<{ line: string }>`
      select 'job ' || to_json(s) as line from (
        select data, state, retry_count, started_on, heartbeat_on from pgboss.job limit 20) as s`,
    sql<{ line: string }>`select 'holds ' || to_json(l) as line from mailbox_lease l limit 20`,
    sql<{ line: string }>`select 'connections ' || to_json(c) as line from connection_lease c limit 20`,
    sql<{ line: string }>`select 'worker ' || to_json(w) as line from worker w`,
    sql<{ line: string }>`select 'governor ' || to_json(g) as line from governor g`,
  ];
  const lines: string[] = [];
  for (const question of asked) lines.push(...(await question.execute(db.sql)).rows.map(({ line }) => line));
  return lines;
}
