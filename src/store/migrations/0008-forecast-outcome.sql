-- What became of a wave in a window, written down when that is over: afterwards mailboxes go home, into other waves, or leave, and
-- nothing there tells of that evening any more.

create table window_outcome (
  -- A wave that a plan takes away is told by the name it had.
  wave int not null,
  name text not null,
  opens_at timestamptz not null,
  closes_at timestamptz not null,
  -- Who switched within it, and when the last of them had.
  switched int not null,
  finish_at timestamptz,
  -- Who stood in it at its end, neither held nor taken out, and had not.
  missed int not null,
  -- Later than the end where nobody led at that time: then it is what was found.
  written_at timestamptz not null default now(),
  primary key (wave, opens_at)
);
create index window_outcome_opens on window_outcome (opens_at);

-- The latest of a kind, for what an estate has measured of itself.
create index audit_measured on audit (what, id) where what in ('catch-up', 'settle', 'blocked');
