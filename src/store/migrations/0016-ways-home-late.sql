-- The leader looks every few seconds who is not carried home any more (store/way-home.ts): by the last pass home those whose next one
-- should long have ended, and apart from them those whose passes fail or who rest. Whoever has left the estate is in neither.
drop index mailbox_last_home;
create index mailbox_last_home on mailbox (coalesce(caught_up_at, stage_since))
  where stage = 'settled' and home_late is null and left_at is null;
create index mailbox_home_fails on mailbox (coalesce(caught_up_at, stage_since))
  where stage = 'settled' and home_late is null and left_at is null and (failures > 0 or mark <> '');
