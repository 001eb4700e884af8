-- Ways in that nobody holds while mailboxes of an organisation change sides in a wave, for which a person has given their word
-- (docs/coexistence.md). Another organisation in the wave, or another way that is not held any more, has none, and waits for one.

create table way_accepted (
  wave int not null references wave on delete cascade,
  organisation int not null,
  way text not null check (way in ('mx', 'proxy', 'direct')),
  who text not null,
  why text not null,
  at timestamptz not null default now(),
  primary key (wave, organisation, way)
);
