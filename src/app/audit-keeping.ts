/**
 * The head of the audit log, kept outside of the database: in the state folder of whoever leads. The chain shows what was
 * changed in its middle, and only somebody who remembers its end can tell that this was cut off.
 */

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditFinding, AuditHead } from '#domain/audit-finding.ts';
import { headIn } from '#domain/audit-heads.ts';
import type { Log } from '#lib/log.ts';
import { auditHead, Sealer } from '#store/audit.ts';
import { followsOn, verifyAudit } from '#store/audit-verify.ts';
import type { Database } from '#store/db.ts';

const fileName = 'audit-head.json';
/** Some tenths of a second: whoever leads has other things to do. */
const linksAtOnce = 5;

/** Seals what is not sealed yet and keeps the head. For the leader, every few seconds. */
export class AuditKeeper {
  readonly #db: Database;
  readonly #sealer: Sealer;
  readonly #stateDir: string;
  readonly #log: Log;
  #kept: AuditHead | null = null;
  #isTold = false;

  constructor(db: Database, stateDir: string, log: Log) {
    [this.#db, this.#sealer, this.#stateDir, this.#log] = [db, new Sealer(db), stateDir, log];
  }

  /** A head that the log does not follow on is never written over: it is the evidence. */
  async keep(): Promise<void> {
    const sealed = await this.#sealer.seal(linksAtOnce);
    if (sealed === 0 && this.#kept) return;
    const before = this.#kept ?? (await readAuditHead(this.#stateDir));
    const wrong = before ? await followsOn(this.#db.sql, before) : null;
    if (wrong !== null) {
      if (!this.#isTold)
        this.#log.error('the audit log is not as it was written: godwit audit verify', { text: wrong });
      this.#isTold = true;
      return;
    }
    const head = await auditHead(this.#db.sql);
    if (!head) return;
    await writeAuditHead(this.#stateDir, head);
    this.#kept = head;
  }
}

/** As soon as a control plane starts, whoever leads: a database that was put back from last week has lost what came since. */
export async function sayWhatIsLost(db: Database, stateDir: string, log: Log): Promise<void> {
  const kept = await readAuditHead(stateDir).catch((error: unknown) => {
    log.error('the kept head of the audit log cannot be read', { text: String(error) });
    return null;
  });
  const wrong = kept && (await followsOn(db.sql, kept));
  if (wrong !== null) log.error('the audit log is not as it was written: godwit audit verify', { text: wrong });
}

/** The whole log against itself, and against the head that is kept in `stateDir` where there is one. */
export async function verifyKeptAudit(
  db: Database,
  stateDir: string,
): Promise<{ readonly finding: AuditFinding; readonly kept: AuditHead | null }> {
  const kept = await readAuditHead(stateDir);
  return { finding: await verifyAudit(db.sql, kept), kept };
}

/** Where the head is kept. */
export function auditHeadPath(stateDir: string): string {
  return join(stateDir, fileName);
}

/** Null where none is kept. Throws where there is one that cannot be read. */
export async function readAuditHead(stateDir: string): Promise<AuditHead | null> {
  const path = auditHeadPath(stateDir);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const head = headIn(jsonIn(text));
  if (head === null) throw new Error(`${path} holds no head of an audit log`);
  return head;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Either the older head is there or the newer, whatever is killed or unplugged meanwhile. */
async function writeAuditHead(stateDir: string, head: AuditHead): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const path = auditHeadPath(stateDir);
  const draft = `${path}.${process.pid}`;
  {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(`${JSON.stringify(head)}\n`);
    await file.datasync();
  }
  await rename(draft, path);
}
