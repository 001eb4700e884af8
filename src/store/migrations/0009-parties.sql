-- Who changes sides together (domain/parties.ts), and where they meet for it (store/meetings.ts).

create table party (
  mailbox int primary key references mailbox,
  -- Of whom it is true only as long as the mailbox is in this wave.
  wave int not null,
  -- The smallest number of a mailbox in it when it was made.
  party int not null,
  -- Since when it waits for the others, through several attempts; of an attempt that is over nothing is meant by it.
  waits_since timestamptz,
  -- It kept others waiting who were held, and goes by itself until it has changed sides, or does not try any more.
  late_at timestamptz,
  -- When it changed sides last: with so many, itself included, of so many that belong together.
  met smallint,
  met_of smallint
);
create index party_members on party (party);
create index party_wave on party (wave);
create index party_waiting on party (party) where waits_since is not null;

-- What the parties of a wave were made from.
create table party_making (
  wave int primary key,
  most int not null,
  made_from text not null
);

-- Who is at the meeting of its party. It goes with the lease, so that nobody waits for one whose worker is gone or has done with it.
create table meeting (
  mailbox int primary key references mailbox_lease on delete cascade,
  party int not null,
  stage text not null check (stage in ('switching', 'returning')),
  -- Those who are held together: named after one of them, and how many they are. And how many belong together.
  company int,
  size smallint,
  members smallint,
  compared boolean not null default false,
  -- All of them are: each turns.
  opens boolean not null default false
);
create index meeting_party on meeting (party);
create index meeting_company on meeting (company) where company is not null;
