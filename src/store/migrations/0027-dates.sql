-- Days that people ask for.

alter table mailbox
  -- A hold that ends by itself, once that day has come; null: somebody has to let it go.
  add column held_until date,
  add constraint mailbox_held_until check (held_until is null or held is not null);

create index mailbox_held_until on mailbox (held_until) where held_until is not null;

-- What was asked of a mailbox last. That it was asked before is in the audit log.
create table date_wish (
  mailbox int primary key references mailbox,
  state text not null default 'open' check (state in ('open', 'taken', 'declined')),
  -- Compared with the day of its wave.
  not_before date not null,
  not_after date,
  who text not null,
  why text not null,
  asked_at timestamptz not null default now(),
  answered_by text,
  answered_at timestamptz,
  answer text,
  check (not_after is null or not_after >= not_before),
  check ((state = 'open') = (answered_at is null))
);

create index date_wish_open on date_wish (mailbox) where state = 'open';
