-- For how long each switch kept somebody from their mailbox (docs/coexistence.md): by our own stamps, which are there of each, and by what
-- was really tried meanwhile.

create table interruption (
  mailbox int not null,
  turned_at timestamptz not null default now(),
  -- That it came to.
  side text not null check (side in ('source', 'target')),
  -- Milliseconds; null where nobody tried.
  stamps_ms int not null,
  session_ms int,
  sign_in_ms int,
  delivery_ms int,
  counted_ms int not null generated always as (greatest(stamps_ms, session_ms, sign_in_ms, delivery_ms)) stored,
  primary key (mailbox, turned_at)
);

-- Of the latest switch: where `interrupted_ms` is from. Null: it was switched before anybody told.
alter table mailbox add column interrupted_by text check (interrupted_by in ('attempts', 'stamps'));
create index mailbox_interrupted on mailbox (interrupted_ms) where interrupted_ms is not null;
