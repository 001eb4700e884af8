-- Whether what people do after the switch still reaches the side that they have left.

alter table mailbox
  -- The code of a fault; null while the way home is kept up, and before the switch.
  add column home_late text,
  -- The end of the last pass home before that, and what there is to be said of it.
  add column home_late_since timestamptz,
  add column home_late_says text,
  -- Messages that the side that was left did not take, as the last pass home that came to its end found it.
  add column home_refused int;

-- Few: those that are told to people. A mailbox whose stage changes is none of them any more.
create index mailbox_home_late on mailbox (home_late_since) where home_late is not null and stage = 'settled';
-- All that have settled, by their last pass home: the leader asks for those whose pass is long ago.
create index mailbox_last_home on mailbox (coalesce(caught_up_at, stage_since))
  where stage = 'settled' and home_late is null;
