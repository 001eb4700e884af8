/**
 * The tables of `ledger.sqlite`: one file for all mailboxes of a state folder. Rows are clustered by mailbox, so that what
 * one pass reads of a mailbox lies together, and nothing lasting is kept per message but exceptions, and a packed octet or
 * so for its flags where the source cannot tell which of them changed.
 */

/**
 * Kept in `user_version`. A file with a greater one was written by a newer Godwit and is left alone, as is one with a lesser:
 * formats 1 and 2 were never released, and named mailboxes otherwise.
 */
export const formatVersion = 3;

/** Kept in `application_id`, so that another program's database is never taken for ours: "Gdwt". */
export const applicationId = 0x47647774;

/**
 * A folder gets a small number within its mailbox, by which its runs and exceptions name it. `target` is null while only
 * runs or exceptions of the folder are known and no record of it yet.
 */
export const schema = `
create table mailbox (
  id integer primary key,
  source text not null,
  target text not null,
  unique (source, target)
) strict;

create table claim (
  mailbox integer primary key references mailbox (id),
  token integer not null,
  pid integer not null,
  started text not null,
  place text not null,
  holder text not null,
  renewed_ms integer not null
) strict;

create table folder (
  mailbox integer not null,
  source text not null,
  number integer not null,
  target text,
  source_uid_validity integer,
  source_uid_next integer,
  source_messages integer,
  source_mod_seq integer,
  target_uid_validity integer,
  target_uid_next integer,
  target_messages integer,
  target_mod_seq integer,
  map_source_uid_validity integer,
  map_target_uid_validity integer,
  digest blob,
  messages integer not null default 0,
  bytes integer not null default 0,
  primary key (mailbox, source)
) strict, without rowid;

create table run (
  mailbox integer not null,
  folder integer not null,
  source integer not null,
  target integer not null,
  count integer not null check (count > 0),
  adopted integer not null,
  primary key (mailbox, folder, source)
) strict, without rowid;

-- Which flags each message of a folder bore on the source when it was last dealt with (domain/carried-flags.ts).
create table flags (
  mailbox integer not null,
  folder integer not null,
  packed blob not null,
  primary key (mailbox, folder)
) strict;

create table intent (
  mailbox integer not null,
  id integer not null,
  source text not null,
  target text not null,
  source_uid_validity integer not null,
  target_uid_validity integer not null,
  target_uid_next integer not null,
  uids blob not null,
  primary key (mailbox, id)
) strict, without rowid;

create table sent (
  mailbox integer not null,
  intent integer not null,
  part integer not null,
  messages blob not null,
  primary key (mailbox, intent, part)
) strict, without rowid;

create table exception (
  mailbox integer not null,
  folder integer not null,
  uid integer not null,
  kind text not null check (kind in ('refused', 'different', 'kept', 'removed')),
  source_uid_validity integer not null,
  code text not null,
  detail text not null,
  size_bytes integer,
  message_id text,
  element_read blob,
  element_served blob,
  primary key (mailbox, folder, uid, kind)
) strict, without rowid;

pragma application_id = ${applicationId};
pragma user_version = ${formatVersion};
`;
