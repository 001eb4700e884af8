-- The tail: who still signs in, under which name, by which protocol and with what (domain/tail-fold.ts). Nothing here says what
-- anybody read or wrote, and of an address on the network only the network is kept.

create table tail_use (
  id bigint generated always as identity primary key,
  side text not null check (side in ('source', 'target')),
  -- Who wrote it down: dovecot, postfix, nginx, iis, godwit.
  door text not null,
  protocol text not null,
  -- Families, without versions; empty where it says nothing of itself.
  client text not null,
  -- The server that was asked for, by name; empty where that is not told.
  host text not null,
  -- Under which one signed in, in lower case.
  name text not null,
  -- Whose name that is, and how one knows; null for one that the estate does not have.
  mailbox int,
  known_by text check (known_by in ('address', 'alias', 'source-user', 'target-user', 'local-part')),
  times bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  networks text[] not null,
  senders text[] not null,
  -- Days since 1970 (UTC) on which it was seen.
  days int4multirange not null,
  -- Hours of the day (UTC), as bits, and how many pauses were about so long: what tells a machine from a person.
  hours int not null,
  gaps int[] not null,
  unique (name, side, door, protocol, client, host),
  check ((mailbox is null) = (known_by is null))
);
create index tail_use_mailbox on tail_use (mailbox, last_at) where mailbox is not null;
create index tail_use_unknown on tail_use (name) where mailbox is null;

-- Log files, as far as they have been read. One is known again by how it begins and by what stands before the place that was
-- reached, whatever it is called by then and whether it was compressed meanwhile.
create table tail_file (
  id bigint generated always as identity primary key,
  format text not null,
  side text not null check (side in ('source', 'target')),
  head bytea not null,
  head_octets int not null,
  mark bytea not null,
  mark_octets int not null,
  -- Of the log itself, uncompressed.
  read_octets bigint not null,
  lines bigint not null,
  malformed bigint not null,
  -- What a line has told that another completes.
  state jsonb,
  -- Where it was last.
  path text not null,
  read_at timestamptz not null default now()
);
create index tail_file_head on tail_file (format, side, head);

-- What could not be kept, by why: names beyond those that are kept of strangers, doors that could not reach the database.
create table tail_loss (
  why text primary key,
  sightings bigint not null,
  last_at timestamptz not null default now()
);

-- Who answers for an application account, and what is to become of it. By name, since many of them are in no list.
create table tail_plan (
  name text primary key check (name = lower(name)),
  mailbox int,
  owner text not null,
  plan text not null,
  by_day date,
  who text not null,
  at timestamptz not null default now()
);
create index tail_plan_mailbox on tail_plan (mailbox) where mailbox is not null;

-- By whom somebody signs in whose name is not an address.
create index mailbox_source_user on mailbox (lower(source_user)) where source_user is not null;
create index mailbox_target_user on mailbox (lower(target_user)) where target_user is not null;
