-- Whether what still comes to the target is looked for, after a mailbox has come home.

alter table mailbox
  -- When it came; what is not `stage_since` any more is over: it was sent on its way again.
  add column came_home timestamptz;

-- Who stays at home until a person says otherwise, and is looked at nevertheless: some hours long.
create index mailbox_came_home on mailbox (due_at)
  where came_home = stage_since and stage = 'following' and mark = 'held' and due_at is not null;
