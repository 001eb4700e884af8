-- Who is let in by the API: tokens of machines, sessions of people, and approvals by a second person. Words for roles and acts are those of
-- domain/rights.ts. What is shown to people once is kept as its digest.

create table access_token (
  id int generated always as identity primary key,
  name text not null check (char_length(name) between 1 and 100),
  -- SHA-256 of 32 random octets as they are written: nothing that could be guessed, so nothing that a slow digest would protect.
  digest bytea not null check (octet_length(digest) = 32),
  role text not null
    check (role in ('owner', 'planner', 'operator', 'auditor', 'service-desk', 'local-administrator')),
  -- A code, not a reference: who leaves the estate and comes back is the same one. Null: the whole estate.
  organisation text,
  -- Null: all that the role may do.
  scopes text[],
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- To a minute.
  used_at timestamptz,
  revoked_at timestamptz,
  check (expires_at > created_at),
  check (role <> 'local-administrator' or organisation is not null)
);

create table access_session (
  id bigint generated always as identity primary key,
  digest bytea not null check (octet_length(digest) = 32),
  who text not null,
  -- Whom the identity provider said it is (OpenID Connect Core 1.0 §2, `iss` and `sub`).
  issuer text not null,
  subject text not null,
  -- [{"role": "operator", "organisation": null}], as the provider's claims had it when it began.
  roles jsonb not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  check (expires_at > created_at)
);
create index access_session_expires on access_session (expires_at);

create table access_approval (
  id int generated always as identity primary key,
  act text not null,
  -- What it is to be done to, and how, to the letter.
  on_what text not null,
  why text not null,
  asked_by text not null,
  -- Who answers for it, and so may not approve it.
  asked_person text not null,
  asked_at timestamptz not null default now(),
  expires_at timestamptz not null,
  approved_by text,
  approved_why text,
  approved_at timestamptz,
  used_at timestamptz,
  check (expires_at > asked_at),
  check ((approved_by is null) = (approved_at is null)),
  -- Nobody uses what nobody approved, and nobody approves their own.
  check (used_at is null or approved_at is not null),
  check (approved_by is distinct from asked_by)
);
create index access_approval_open on access_approval (expires_at) where used_at is null;
