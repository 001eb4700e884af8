-- Certificates (docs/evidence-format.md), those of waves, whose roots cover them, and the keys that signed them.

-- Public keys, of which all that ever signed are kept. The private half of the one that signs is sealed among the secrets, or lies in
-- a state folder.
create table signing_key (
  -- Its thumbprint (RFC 7638).
  id text primary key,
  public_key bytea not null check (octet_length(public_key) = 32),
  made_at timestamptz not null default now(),
  retired_at timestamptz
);
create unique index signing_key_current on signing_key ((true)) where retired_at is null;

create table wave_certificate (
  id uuid primary key,
  -- Each holds the hash of the one before it.
  seq bigint not null unique,
  wave int not null references wave,
  made_at timestamptz not null,
  -- SHA-256 of its canonical form.
  hash bytea not null unique,
  -- The octets of its file.
  text text not null
);
create index wave_certificate_wave on wave_certificate (wave, seq);

create table certificate (
  id uuid primary key,
  mailbox int not null references mailbox,
  made_at timestamptz not null,
  grade text not null check (grade in ('perfect', 'good', 'investigate', 'poor')),
  -- Its leaf in the tree of its wave, and the certificate of that wave; null while no root covers it.
  leaf bytea not null check (octet_length(leaf) = 32),
  wave_certificate uuid references wave_certificate,
  text text not null
);
create unique index certificate_open on certificate (mailbox) where wave_certificate is null;
create index certificate_mailbox on certificate (mailbox, made_at) where wave_certificate is not null;
create index certificate_leaf on certificate (wave_certificate, leaf) where wave_certificate is not null;

-- What a root covers is evidence, and stays as it is.
create function certificate_stays() returns trigger language plpgsql as $$
begin
  raise exception 'a certificate that a root covers is never changed' using errcode = 'restrict_violation';
end $$;
create trigger certificate_kept before update or delete on certificate
  for each row when (old.wave_certificate is not null) execute function certificate_stays();
create trigger wave_certificate_kept before update or delete or truncate on wave_certificate
  for each statement execute function only_added_to();
