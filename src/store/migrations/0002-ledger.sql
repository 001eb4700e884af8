-- The ledger (ports/ledger.ts): which message of one side became which of the other, for each mailbox and in each direction.
-- `there` leads from the source to the target, `back` the other way after the switch. Packed, since two million mailboxes
-- have forty million folders: store/ledger-pages.ts and store/ledger-runs.ts say how.

-- How often its holder has written under it: a write that is repeated because nobody heard how it ended lands once.
alter table mailbox_lease add column writes bigint not null default 0;
alter table mailbox_lease set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- A few folders each, in the order in which the ledger heard of them: folder n is on page n / 8. Room is left beside the
-- rows, so that a newer version of one lies where the older was and no index hears of it.
create table ledger_page (
  mailbox int not null references mailbox,
  direction text not null check (direction in ('there', 'back')),
  page smallint not null,
  -- A line for each folder: its name on the side that is read and, where it differs, behind a tab that on the other.
  names text not null,
  records bytea not null,
  -- On the first page: a digest of each of the accounts with which it was made (store/ledger-pair.ts).
  pair bytea,
  primary key (mailbox, direction, page)
) with (fillfactor = 88, autovacuum_vacuum_scale_factor = 0.02);
-- Long ones stay in their row for as long as it fits into 8 kB: they are always read whole.
alter table ledger_page alter column names set storage main, alter column records set storage main;

-- The map of a folder that has more runs than its page has room for, in pieces: a batch rewrites the one that it touches.
create table ledger_runs (
  mailbox int not null,
  direction text not null,
  folder int not null,
  -- The first UID of the piece.
  first bigint not null,
  runs bytea not null,
  primary key (mailbox, direction, folder, first)
);

-- Which flags each message of a folder bore when it was last dealt with (domain/carried-flags.ts).
create table ledger_flags (
  mailbox int not null,
  direction text not null,
  folder int not null,
  packed bytea not null,
  primary key (mailbox, direction, folder)
);

-- Batches that were begun and not settled.
create table ledger_intent (
  mailbox int not null,
  direction text not null,
  id int not null,
  source text not null,
  target text not null,
  source_uid_validity bigint not null,
  target_uid_validity bigint not null,
  target_uid_next bigint not null,
  uids bytea not null,
  primary key (mailbox, direction, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What was learnt of their messages while they went by.
create table ledger_sent (
  mailbox int not null,
  direction text not null,
  intent int not null,
  part int not null,
  messages bytea not null,
  primary key (mailbox, direction, intent, part)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
alter table ledger_sent alter column messages set storage main;

-- What a person should know of, by name. The folder's number stands for it in the key, since a name may be too long for one.
create table ledger_exception (
  mailbox int not null,
  direction text not null,
  number int not null,
  uid bigint not null,
  kind text not null check (kind in ('refused', 'different', 'kept', 'removed')),
  folder text not null,
  source_uid_validity bigint not null,
  code text not null,
  detail text not null,
  size_bytes bigint,
  message_id text,
  element_read bytea,
  element_served bytea,
  primary key (mailbox, direction, number, uid, kind)
);
