/** Every question and change the ledger's tables are asked for, prepared once per open file, when first needed. */

import type { DatabaseSync, StatementSync } from 'node:sqlite';

const questions = {
  mailbox: 'select id from mailbox where source = ? and target = ?',
  'new-mailbox': 'insert into mailbox (source, target) values (?, ?)',

  claim: 'select token, pid, started, place, holder, renewed_ms from claim where mailbox = ?',
  'claim-token': 'select token from claim where mailbox = ?',
  'take-claim':
    'insert or replace into claim (mailbox, token, pid, started, place, holder, renewed_ms) values (?, ?, ?, ?, ?, ?, ?)',
  'renew-claim': 'update claim set renewed_ms = ? where mailbox = ? and token = ?',
  'leave-claim': 'delete from claim where mailbox = ? and token = ?',

  // Mod-sequences go up to 63 bits (RFC 7162 §3.1), more than a double holds: they are told as text.
  folders: `
    select source, number, target,
           source_uid_validity, source_uid_next, source_messages, cast(source_mod_seq as text) as source_mod_seq,
           target_uid_validity, target_uid_next, target_messages, cast(target_mod_seq as text) as target_mod_seq,
           map_source_uid_validity, map_target_uid_validity, digest, messages, bytes
      from folder where mailbox = ?`,
  'folder-numbers': 'select source, number from folder where mailbox = ?',
  'new-folder': 'insert into folder (mailbox, source, number) values (?, ?, ?)',
  'folder-record': `
    update folder
       set target = ?,
           source_uid_validity = ?, source_uid_next = ?, source_messages = ?, source_mod_seq = ?,
           target_uid_validity = ?, target_uid_next = ?, target_messages = ?, target_mod_seq = ?,
           map_source_uid_validity = ?, map_target_uid_validity = ?, digest = ?, messages = ?, bytes = ?
     where mailbox = ? and source = ?`,

  runs: 'select source, target, count, adopted from run where mailbox = ? and folder = ? order by source',
  'last-run':
    'select source, target, count, adopted from run where mailbox = ? and folder = ? order by source desc limit 1',
  'run-before':
    'select source, target, count, adopted from run where mailbox = ? and folder = ? and source < ? order by source desc limit 1',
  'runs-within':
    'select source, target, count, adopted from run where mailbox = ? and folder = ? and source between ? and ? order by source',
  'run-at': 'select source, target, count, adopted from run where mailbox = ? and folder = ? and source = ?',
  'put-run': 'insert or replace into run (mailbox, folder, source, target, count, adopted) values (?, ?, ?, ?, ?, ?)',
  'drop-runs': 'delete from run where mailbox = ? and folder = ? and source between ? and ?',

  flags: 'select packed from flags where mailbox = ? and folder = ?',
  'put-flags': 'insert or replace into flags (mailbox, folder, packed) values (?, ?, ?)',
  'drop-flags': 'delete from flags where mailbox = ? and folder = ?',

  intents:
    'select id, source, target, source_uid_validity, target_uid_validity, target_uid_next, uids from intent where mailbox = ? order by id',
  'put-intent': `
    insert or replace into intent (mailbox, id, source, target, source_uid_validity, target_uid_validity, target_uid_next, uids)
    values (?, ?, ?, ?, ?, ?, ?, ?)`,
  'settle-intent': 'delete from intent where mailbox = ? and id = ?',
  sent: 'select messages from sent where mailbox = ? and intent = ? order by part',
  // What is told of an intent that has been settled is of no more use: nothing is inserted then.
  'put-sent': `
    insert into sent (mailbox, intent, part, messages)
    select mailbox, id, (select count(*) from sent where sent.mailbox = intent.mailbox and sent.intent = intent.id), ?
      from intent where mailbox = ? and id = ?`,
  'drop-sent': 'delete from sent where mailbox = ? and intent = ?',

  exceptions: `
    select folder.source as folder_name, exception.source_uid_validity, uid, kind, code, detail, size_bytes, message_id,
           element_read, element_served
      from exception join folder on folder.mailbox = exception.mailbox and folder.number = exception.folder
     where exception.mailbox = ?
     order by exception.folder, uid, kind`,
  'put-exception': `
    insert or replace into exception
      (mailbox, folder, uid, kind, source_uid_validity, code, detail, size_bytes, message_id, element_read, element_served)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  'drop-exception': 'delete from exception where mailbox = ? and folder = ? and uid = ? and kind = ?',
} as const;

/** Asked for every mailbox at every look: making an array of a row costs less than half of making an object. */
const asArrays: ReadonlySet<string> = new Set(['folders', 'runs']);

export type Question = keyof typeof questions;

export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<Question, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of(question: Question): StatementSync {
    let statement = this.#prepared.get(question);
    if (!statement) {
      statement = this.#database.prepare(questions[question]);
      statement.setReturnArrays(asArrays.has(question));
      this.#prepared.set(question, statement);
    }
    return statement;
  }
}
