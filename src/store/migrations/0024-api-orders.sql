-- Orders that came by HTTP under an Idempotency-Key, for a day: sent twice they are obeyed once.
create table api_order (
  -- SHA-256 of who sent it and of the key.
  key      bytea primary key check (octet_length(key) = 32),
  -- Of what was ordered, under the key.
  digest   bytea not null check (octet_length(digest) = 32),
  begun_at timestamptz not null default now(),
  -- Null while nobody has heard how it ended.
  status   int2,
  -- As it was told; null where it was too long, or is told once only.
  answer   text,
  check (answer is null or status is not null)
);

create index api_order_begun_at on api_order (begun_at);
