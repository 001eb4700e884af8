-- Messages to people: a row for each, made before its first octet is sent, so that none is ever sent twice. Waves that a plan
-- takes away are told by the name they had.

create table notice (
  id bigint generated always as identity primary key,
  mailbox int not null references mailbox,
  -- Words of domain/notice.ts.
  kind text not null check (kind in ('T-14', 'T-2', 'T-0', 'T+1', 'stay')),
  -- What it tells of: the opening of a window, or of T+1 the switch. Another date is another message.
  occasion timestamptz not null,
  wave text not null,
  -- Of the template.
  language text not null,
  -- `waiting`: the server said "later". `unknown`: nobody heard whether it was taken, and so it is not sent again.
  state text not null check (state in ('sending', 'sent', 'waiting', 'refused', 'unknown')),
  attempts smallint not null default 1,
  -- What the server said, or what happened instead.
  why text,
  began_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  retry_at timestamptz,
  unique (mailbox, kind, occasion),
  check ((state = 'waiting') = (retry_at is not null))
);
create index notice_wave on notice (wave, id);
create index notice_evening on notice (occasion) where kind = 'T-0';
create index notice_troubled on notice (state, id) where state <> 'sent';
