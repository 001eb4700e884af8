-- How many mailboxes were kept from their people for how long at their latest switch: what `godwit status` reads, whatever the number of
-- those who have switched. Milliseconds are few thousands.

create table interruption_tally (
  ms int not null,
  -- Whether somebody really tried, or our own stamps say so.
  tried boolean not null,
  mailboxes bigint not null,
  primary key (ms, tried)
) with (fillfactor = 50);

-- In one order, whoever else counts. An import, whose transaction lasts for minutes, changes none of it.
create function keep_interruptions() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into interruption_tally (ms, tried, mailboxes)
    select interrupted_ms, coalesce(interrupted_by = 'attempts', false), count(*)
      from fresh where interrupted_ms is not null group by 1, 2 order by 1, 2
    on conflict (ms, tried) do update set mailboxes = interruption_tally.mailboxes + excluded.mailboxes;
  else
    insert into interruption_tally (ms, tried, mailboxes)
    select interrupted_ms, coalesce(interrupted_by = 'attempts', false), sum(n)
      from (
        select interrupted_ms, interrupted_by, 1 as n from fresh where interrupted_ms is not null
        union all
        select interrupted_ms, interrupted_by, -1 from stale where interrupted_ms is not null
      ) as changed
     group by 1, 2
    having sum(n) <> 0
     order by 1, 2
    on conflict (ms, tried) do update set mailboxes = interruption_tally.mailboxes + excluded.mailboxes;
  end if;
  return null;
end $$;

create trigger mailbox_inserted_interrupted after insert on mailbox
  referencing new table as fresh for each statement execute function keep_interruptions();
create trigger mailbox_updated_interrupted after update on mailbox
  referencing old table as stale new table as fresh for each statement execute function keep_interruptions();

-- Nobody writes to mailboxes since the triggers are there, until this is through.
insert into interruption_tally (ms, tried, mailboxes)
select interrupted_ms, coalesce(interrupted_by = 'attempts', false), count(*)
  from mailbox where interrupted_ms is not null group by 1, 2;

drop index mailbox_interrupted;
