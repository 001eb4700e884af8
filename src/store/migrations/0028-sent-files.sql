-- Files that are sent by HTTP to be read by an order: lists of mailboxes, logs. For a day after they were used last. Whoever sent one has
-- it still, so that nothing of it goes through the log of the database: after a crash of the server it is sent again.
create unlogged table sent_file (
  id       bigint generated always as identity primary key,
  -- For whom alone it is there.
  who      text not null,
  -- SHA-256 of it; null while it is coming.
  digest   bytea check (octet_length(digest) = 32),
  octets   bigint not null default 0,
  -- When the last of it came, or when it was used last.
  moved_at timestamptz not null default now(),
  unique (who, digest)
);

create index sent_file_moved_at on sent_file (moved_at);

create unlogged table sent_file_part (
  file   bigint not null references sent_file on delete cascade,
  place  int not null,
  octets bytea not null,
  primary key (file, place)
);

-- What comes is read once or twice: to compress it would take longer than to write it.
alter table sent_file_part alter column octets set storage external;
