-- Where each mailbox lives now, as the doors of mail systems are told (docs/coexistence.md).

-- Grows with every change of a route. Whoever changes one keeps this row until the transaction ends, so that the numbers come in the
-- order in which the changes can be seen: who knows all up to a number has missed none.
create table route_clock (
  one boolean primary key default true check (one),
  revision bigint not null default 0,
  -- Imports: after one, every door reads anew who there is, and by which names.
  estate bigint not null default 0
);
insert into route_clock default values;

alter table route
  add column revision bigint not null default 0,
  -- 'open': whoever asks is told the side. 'announced': the same, and deliveries go by the door that can park them. 'held': sign-ins
  -- wait and deliveries are parked.
  add column standing text not null default 'open' check (standing in ('open', 'announced', 'held')),
  -- Since when it has been standing so; and since when it has been announced, and under which revision.
  add column since timestamptz not null default now(),
  add column announced_at timestamptz,
  add column announced bigint,
  -- One that is announced has a row before it is turned for the first time.
  alter column turned_at drop not null,
  alter column turned_at drop default;
create index route_revision on route (revision);
create index route_standing on route (since) where standing <> 'open';

-- Whoever answers mail systems. A switch waits until each door whose lease is alive has taken note of the hold; one that has lost us
-- answers "later" for all that was announced to it, and one to which it was not announced has to be looked after by a person.
create table door (
  id uuid primary key,
  host text not null,
  pid int not null,
  version text not null,
  -- What it serves, in words for people.
  serves text[] not null default '{}',
  started_at timestamptz not null default now(),
  -- All changes of routes up to this one are answered by.
  revision bigint not null,
  lease_until timestamptz not null
);

-- While it is set, nothing is switched.
create table brake (
  one boolean primary key default true check (one),
  who text not null,
  why text not null,
  at timestamptz not null default now()
);

-- A door that waits by LISTEN hears of each change at once; one that cannot looks by itself.
create function tell_doors() returns trigger language plpgsql as $$
begin
  notify godwit_routes;
  return null;
end $$;
create trigger route_clock_told after update on route_clock for each statement execute function tell_doors();
