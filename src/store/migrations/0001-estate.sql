-- The estate, its waves, and the journey of each mailbox. Words for stages and kinds are those of domain/journey.ts and
-- domain/estate.ts; a test holds them together.

create table organisation (
  id int generated always as identity primary key,
  code text not null unique,
  name text not null,
  parent int references organisation,
  -- No longer in the list that was imported last.
  left_at timestamptz
);
create index organisation_parent on organisation (parent) where parent is not null;

create table wave (
  id int generated always as identity primary key,
  name text not null unique,
  state text not null default 'planned' check (state in ('planned', 'running', 'paused', 'cancelled', 'finished')),
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  -- The day on which it opens, where people live: what `not_before` and `not_after` are compared with.
  day date not null,
  pilot boolean not null default false,
  -- The share of its mailboxes that may fail before it pauses by itself.
  error_budget real not null default 0.02 check (error_budget between 0 and 1),
  paused_why text,
  -- Failures up to this record of the audit log do not count against the error budget any more: a person has resumed since.
  failures_seen bigint not null default 0,
  created_at timestamptz not null default now(),
  check (closes_at > opens_at)
);

create table mailbox (
  id int generated always as identity primary key,
  -- In lower case: what addresses are compared by.
  address text not null unique check (address = lower(address)),
  kind text not null check (kind in ('person', 'shared', 'room', 'application')),
  -- One that is there: seen to by the statement, below.
  organisation int not null,
  size_bytes bigint check (size_bytes >= 0),
  items bigint check (items >= 0),
  not_before date,
  not_after date,
  wave_hint text,
  source_user text,
  target_user text,
  display_name text,
  aliases text[],
  timezone text,
  language text,

  stage text not null default 'known'
    check (stage in ('known', 'planned', 'copying', 'following', 'switching', 'settled', 'returning', 'released')),
  stage_since timestamptz not null default now(),
  wave int references wave,
  -- Marks beside the stage: why a person asked to wait, the fault that needs someone, why the journey rests.
  held text,
  blocked text,
  blocked_about jsonb,
  excluded text,
  left_at timestamptz,
  mark text not null generated always as (
    case
      when left_at is not null then 'left'
      when excluded is not null then 'excluded'
      when blocked is not null then 'blocked'
      when held is not null then 'held'
      else ''
    end
  ) stored,

  -- When the releaser looks at it next; null while there is nothing to do by itself.
  due_at timestamptz,
  -- A job for it has been in the queue since then.
  queued_at timestamptz,
  -- A person has asked that what was refused is tried again: so it is at the next pass.
  tries_refused boolean not null default false,
  -- Passes that failed one after the other, for the next wait.
  failures smallint not null default 0,
  -- What the last of them met: code, message, and when. It stays when all is well again.
  last_fault jsonb,
  -- How far the target is behind, as last measured, and what was carried in all.
  caught_up_at timestamptz,
  lag_ms int,
  copied bigint not null default 0,
  copied_bytes bigint not null default 0,
  exceptions int not null default 0,
  interrupted_ms int,
  -- As the last pass to the target found it: messages of the source, those of them that others had put on the target, and those
  -- that the target does not have. Null before the first.
  found bigint,
  already_there bigint,
  refused int,
  -- Milliseconds of all passes to the target, and messages that were carried home after the switch.
  carry_ms bigint,
  carried_back bigint,
  check (stage = 'known' or wave is not null or excluded is not null or left_at is not null)
) with (fillfactor = 85);
create index mailbox_organisation on mailbox (organisation);
-- Lists come in the order of their addresses (store/estate-lists.ts): of those that stand alike, and of what few are.
create index mailbox_standing on mailbox (wave, stage, mark, address) where wave is not null;
create index mailbox_marked on mailbox (mark, address) where mark <> '';
create index mailbox_blocked on mailbox (blocked, address) where mark = 'blocked';
create index mailbox_kind on mailbox (kind, address) where kind <> 'person';
create index mailbox_hint on mailbox (wave_hint, address) where wave_hint is not null;
-- Few: those who may not move on every day.
create index mailbox_dated on mailbox (wave, not_before, not_after)
  where wave is not null and (not_before is not null or not_after is not null);
create index mailbox_exceptions on mailbox (wave) where wave is not null and exceptions > 0;
create index mailbox_aliases on mailbox using gin (aliases) where aliases is not null;
-- What is due, in the orders in which it is chosen (store/due.ts). Those that have a job are among them, a thousand or two: what
-- no index knows of can change without any of them hearing of it (HOT), and that is every second update of a journey. There
-- is room left beside the rows for that.
create index mailbox_due on mailbox (due_at)
  where stage in ('copying', 'following', 'settled') and due_at is not null and mark = '';
create index mailbox_planned on mailbox (wave, due_at) where stage = 'planned' and due_at is not null and mark = '';
create index mailbox_begun on mailbox (stage desc, due_at, id)
  where stage in ('switching', 'returning') and due_at is not null and mark = '';
create index mailbox_in_window on mailbox (wave, lag_ms, id)
  where stage = 'following' and due_at is not null and mark = '';

-- Who may do what with whose mailbox; both are of the estate.
create table permission (
  mailbox int not null,
  grantee int not null,
  kind text not null check (kind in ('full-access', 'send-as', 'send-on-behalf', 'folder')),
  primary key (mailbox, grantee, kind)
);
create index permission_grantee on permission (grantee);

-- Whatever a mailbox or a permission refers to is there. A foreign key would look it up for each row, and twelve million such
-- looks are half of an import; these look once for each statement. They count, since `exists` would be planned for the first
-- that is found, and none is.
create function see_organisations() returns trigger language plpgsql as $$
begin
  if (select count(*) from fresh f where not exists (select from organisation o where o.id = f.organisation)) > 0 then
    raise exception 'a mailbox belongs to an organisation' using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger mailbox_placed after insert on mailbox
  referencing new table as fresh for each statement execute function see_organisations();

-- Few move, and every step of a journey is an update: this is called for those that move.
create function see_organisation() returns trigger language plpgsql as $$
begin
  if not exists (select from organisation o where o.id = new.organisation) then
    raise exception 'a mailbox belongs to an organisation' using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger mailbox_moved after update of organisation on mailbox
  for each row when (old.organisation <> new.organisation) execute function see_organisation();

create function see_both_ends() returns trigger language plpgsql as $$
begin
  if (select count(*) from fresh f where not exists (select from mailbox m where m.id = f.mailbox))
     + (select count(*) from fresh f where not exists (select from mailbox m where m.id = f.grantee)) > 0 then
    raise exception 'a permission is between two mailboxes' using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger permission_inserted after insert on permission
  referencing new table as fresh for each statement execute function see_both_ends();
create trigger permission_updated after update on permission
  referencing new table as fresh for each statement execute function see_both_ends();

-- And it stays there: what leaves the estate is marked, for what was done with it is done.
create function stays() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never deleted', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger organisation_kept before delete or truncate on organisation
  for each statement execute function stays();
create trigger mailbox_kept before delete or truncate on mailbox
  for each statement execute function stays();

-- How many mailboxes stand where: what every dashboard reads. In shards, so that workers do not wait for each other.
create table tally (
  wave int not null,
  stage text not null,
  mark text not null,
  shard smallint not null,
  mailboxes bigint not null,
  bytes bigint not null,
  primary key (wave, stage, mark, shard)
);

-- The shard of this session. An import, whose transaction lasts for minutes, has one to itself.
create function tally_shard() returns smallint language sql stable parallel safe as $$
  select case when current_setting('godwit.imports', true) = 'on' then 16 else pg_backend_pid() % 16 end::smallint
$$;

create function keep_tally() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into tally (wave, stage, mark, shard, mailboxes, bytes)
    select coalesce(wave, 0), stage, mark, tally_shard(), count(*), coalesce(sum(size_bytes), 0)
      from fresh group by 1, 2, 3
    on conflict (wave, stage, mark, shard) do update
      set mailboxes = tally.mailboxes + excluded.mailboxes, bytes = tally.bytes + excluded.bytes;
  elsif tg_op = 'UPDATE' then
    insert into tally (wave, stage, mark, shard, mailboxes, bytes)
    select coalesce(wave, 0), stage, mark, tally_shard(), sum(n), sum(n * coalesce(size_bytes, 0))
      from (
        select wave, stage, mark, 1 as n, size_bytes from fresh
        union all
        select wave, stage, mark, -1, size_bytes from stale
      ) as moved
     group by 1, 2, 3
    having sum(n) <> 0 or sum(n * coalesce(size_bytes, 0)) <> 0
     order by 1, 2, 3
    on conflict (wave, stage, mark, shard) do update
      set mailboxes = tally.mailboxes + excluded.mailboxes, bytes = tally.bytes + excluded.bytes;
  end if;
  return null;
end $$;

create trigger mailbox_inserted after insert on mailbox
  referencing new table as fresh for each statement execute function keep_tally();
create trigger mailbox_updated after update on mailbox
  referencing old table as stale new table as fresh for each statement execute function keep_tally();

-- Every move, mark and order, with who, when and why. Only ever added to.
create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  who text not null,
  what text not null,
  mailbox int,
  wave int,
  stage_before text,
  stage_after text,
  why text,
  about jsonb
);
create index audit_mailbox on audit (mailbox, id) where mailbox is not null;
create index audit_wave on audit (wave, id) where wave is not null and mailbox is null;
-- What counts against the error budget of a wave.
create index audit_failure on audit (wave, id) where what in ('blocked', 'withdraw');

-- Whose connections a server may still hold, though we have given them to others.
create index audit_vanished on audit (at) where what = 'vanished';

-- Whether what followed from a clock that was set has been put right.
create index audit_clock on audit (id) where what = 'clock set';

-- The chain: each link holds the hash of the one before it, and one digest for each record that it covers, so that the
-- first record that was changed, removed or put elsewhere can be named.
create table audit_link (
  seq bigint primary key,
  records int8multirange not null,
  digests bytea not null,
  hash bytea not null unique,
  sealed_at timestamptz not null default clock_timestamp()
);

create function only_added_to() returns trigger language plpgsql as $$
begin
  raise exception 'records of % are never changed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_kept before update or delete or truncate on audit
  for each statement execute function only_added_to();
create trigger audit_link_kept before update or delete or truncate on audit_link
  for each statement execute function only_added_to();

-- Who is at work. A process that has not been seen for as long as a lease lasts is gone.
create table worker (
  id uuid primary key,
  host text not null,
  pid int not null,
  version text not null,
  role text not null check (role in ('serve', 'worker', 'onlooker')),
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  draining boolean not null default false,
  -- Secrets that it cannot resolve: it takes no work that needs them.
  lacks text[] not null default '{}'
);

-- One worker at a time has a mailbox in hand, as long as the worker is there. The token grows with each taking, and whatever
-- is written under an older one is refused.
create table mailbox_lease (
  mailbox int primary key references mailbox,
  worker uuid not null references worker on delete cascade,
  -- One that its worker does not know of after a while was never given to it.
  taken_at timestamptz not null default clock_timestamp(),
  token bigint not null
);
create index mailbox_lease_worker on mailbox_lease (worker);
create sequence lease_token;

-- How many connections each platform is giving to whom, exactly: all rows count, and they go with their worker.
create table connection_lease (
  id bigint generated always as identity primary key,
  side text not null check (side in ('source', 'target')),
  worker uuid not null references worker on delete cascade,
  taken_at timestamptz not null default clock_timestamp(),
  mailbox int not null,
  connections int not null check (connections > 0)
);
create index connection_lease_side on connection_lease (side, mailbox);
create index connection_lease_worker on connection_lease (worker);

-- What the settings of the programme say, as the control plane that was started last published them, for workers wherever they
-- are. References to secrets, and never a secret.
create table programme (
  one boolean primary key default true check (one),
  -- Which form they have; a version of Godwit that knows another takes no work.
  form int not null,
  -- Grows when they change.
  revision bigint not null default 1,
  settings jsonb not null,
  version text not null,
  host text not null,
  published_at timestamptz not null default now()
);

-- Which key the digests of the ledgers were made with: a name that says nothing of it. It is outside of this database, or
-- sealed among the secrets.
create table digest_key (
  one boolean primary key default true check (one),
  id text not null
);

-- What each platform may be asked, and what was learnt of it (domain/governor.ts, domain/breaker.ts).
create table governor (
  side text primary key check (side in ('source', 'target')),
  budget jsonb not null,
  timezone text not null,
  state jsonb not null default '{}'
);

-- Sealed under a key from outside this database.
create table secret (
  name text primary key,
  sealed bytea not null,
  key_id text not null,
  set_at timestamptz not null default now()
);

-- Where mail for a mailbox belongs at this moment. A mailbox without a row is on the source.
create table route (
  mailbox int primary key references mailbox,
  side text not null check (side in ('source', 'target')),
  turned_at timestamptz not null default now()
);

-- Exceptions that a person has accepted.
create table acceptance (
  mailbox int not null references mailbox,
  -- Of the way there or of the way home: folders and numbers are those of the side that it leads from.
  direction text not null default 'there' check (direction in ('there', 'back')),
  folder text not null,
  uid bigint not null,
  kind text not null,
  -- What it was accepted as: under another numbering it is another message, and what becomes worse is open again.
  source_uid_validity bigint not null,
  code text not null,
  who text not null,
  why text not null,
  at timestamptz not null default now(),
  primary key (mailbox, direction, folder, uid, kind)
);

-- What an independent comparison found, the latest of each mailbox.
create table verification (
  mailbox int primary key references mailbox,
  at timestamptz not null default now(),
  found jsonb not null
);

-- What will go wrong, found days ahead.
create table readiness (
  mailbox int primary key references mailbox,
  at timestamptz not null default now(),
  remarks jsonb not null
);
