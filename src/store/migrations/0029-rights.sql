-- Whom an approval is for, what a provider said of somebody when they signed in, and days that are not asked for any more.

alter table access_approval
  -- What was meant when it was asked for: how many mailboxes (or exceptions), and SHA-256 over which. Null: nothing that could be another.
  add column meant int check (meant >= 0),
  add column meant_digest bytea check (octet_length(meant_digest) = 32),
  add constraint access_approval_meant check ((meant is null) = (meant_digest is null));

-- The groups that somebody was in when they signed in. Null: of a session of an earlier version, which has its roles only.
alter table access_session add column groups text[];

alter table date_wish drop constraint date_wish_state_check;
alter table date_wish add constraint date_wish_state_check check (state in ('open', 'taken', 'declined', 'withdrawn'));
