-- How many mailboxes are not carried home any more, by the fault: what a scrape reads. Where a whole platform has stopped these are
-- hundreds of thousands. In shards, as `tally` is.

create table home_late_tally (
  code text not null,
  shard smallint not null,
  mailboxes bigint not null,
  primary key (code, shard)
) with (fillfactor = 50);

create function keep_home_late() returns trigger language plpgsql as $$
begin
  insert into home_late_tally (code, shard, mailboxes)
  select home_late, tally_shard(), sum(n)
    from (
      select home_late, 1 as n from fresh where home_late is not null and stage = 'settled' and left_at is null
      union all
      select home_late, -1 from stale where home_late is not null and stage = 'settled' and left_at is null
    ) as changed
   group by 1
  having sum(n) <> 0
   order by 1
  on conflict (code, shard) do update set mailboxes = home_late_tally.mailboxes + excluded.mailboxes;
  return null;
end $$;

create trigger mailbox_updated_home_late after update on mailbox
  referencing old table as stale new table as fresh for each statement execute function keep_home_late();

insert into home_late_tally (code, shard, mailboxes)
select home_late, 0, count(*)
  from mailbox where home_late is not null and stage = 'settled' and left_at is null group by 1;

-- For one of them to be named, the first.
drop index mailbox_home_late;
create index mailbox_home_late on mailbox (home_late, home_late_since, address) where home_late is not null and stage = 'settled';
