-- Which estate this is, so that what is sealed for one opens in no other; and who set a secret.

create table estate_identity (
  one boolean primary key default true check (one),
  id uuid not null default gen_random_uuid()
);
insert into estate_identity default values;

alter table secret
  -- As in the audit log; null for what was set before this migration.
  add column set_by text;
