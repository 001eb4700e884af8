-- Which organisations a wave still has somebody of who is to switch: looked for by going from one to the next, not through their mailboxes
-- (store/ways-in-rows.ts). Stage, mark and wave are in an index already, and who changes none of them changes nothing here.
create index mailbox_to_switch on mailbox (wave, organisation)
  where stage in ('planned', 'copying', 'following', 'switching') and mark not in ('excluded', 'left');
