-- What was forecast of the waves, night by night, so that it can be compared with what happened. Waves that a plan takes away are
-- told by the name they had.

create table forecast (
  id bigint generated always as identity primary key,
  made_at timestamptz not null default now(),
  -- Null: all waves together.
  wave text,
  opens_at timestamptz,
  closes_at timestamptz,
  mailboxes int not null,
  copied_p50 timestamptz,
  copied_p90 timestamptz,
  finish_p50 timestamptz,
  finish_p90 timestamptz,
  switch_ms_p50 bigint,
  switch_ms_p90 bigint,
  -- The share of its mailboxes that misses the window; of all waves together, how many mailboxes.
  missed_p50 real not null,
  missed_p90 real not null,
  -- Mailboxes that the rates were measured of; 0 where they were stated.
  samples int not null
);
create index forecast_wave on forecast (wave, made_at);
create index forecast_made on forecast (made_at);
