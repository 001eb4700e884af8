-- What two people have approved is done in one transaction, whomever it is about (store/in-one-transaction.ts): so it has a shard of the
-- tallies to itself, as an import has. Else workers waited for it at theirs, and it for the mailboxes that they hold.
create or replace function tally_shard() returns smallint language sql stable parallel safe as $$
  select case when current_setting('godwit.imports', true) = 'on' then 16
              when current_setting('godwit.at_once', true) = 'on' then 17
              else pg_backend_pid() % 16 end::smallint
$$;
