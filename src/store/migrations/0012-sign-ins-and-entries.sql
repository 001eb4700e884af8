-- Who signs in under which name, for proxies that ask the database itself; and what the operator's directory said of a mailbox before we
-- wrote there (docs/coexistence.md).

-- Whoever has this address, this alias, or signs in by this name on either side, in that order; between equals the older mailbox, as
-- the doors have it. No row: nobody.
create function mail_sign_in(name text) returns table (mailbox int, address text, side text, standing text)
language sql stable as $$
  select m.id, m.address, coalesce(r.side, 'source'), coalesce(r.standing, 'open')
    from (select a.id, 0 as worth from mailbox a where a.address = lower(mail_sign_in.name)
          union all
          -- Apart, so that each is found by an index of its own.
          select a.id, 1 from mailbox a where a.aliases @> array[lower(mail_sign_in.name)]
          union all
          select a.id, case when a.source_user = mail_sign_in.name then 2 else 3 end from mailbox a
           where a.source_user is not null and lower(a.source_user) = lower(mail_sign_in.name)
          union all
          select a.id, case when a.target_user = mail_sign_in.name then 2 else 3 end from mailbox a
           where a.target_user is not null and lower(a.target_user) = lower(mail_sign_in.name)) named
    join mailbox m on m.id = named.id
    left join route r on r.mailbox = m.id
   where m.left_at is null
   order by named.worth, m.id
   limit 1
$$;

-- The side on which somebody signs in. Whoever is nobody here is told by the source, which refuses by itself. While a mailbox is held the
-- question fails, which a proxy tells as "not now": nobody may sign in on a side that is just being left.
create function mail_side(name text) returns text
language plpgsql stable as $$
declare
  its_side text;
  its_standing text;
begin
  select s.side, s.standing into its_side, its_standing from mail_sign_in(name) s;
  if its_standing = 'held' then
    raise exception 'this mailbox is being moved; to be asked again' using errcode = 'object_in_use';
  end if;
  return coalesce(its_side, 'source');
end
$$;

-- What the entry of a mailbox said before it was written that the mailbox is on this side, kept until the route is turned or the entry is
-- put back, so that it can be put back after a kill, too.
create table directory_before (
  mailbox int primary key references mailbox on delete cascade,
  side text not null check (side in ('source', 'target')),
  -- Attributes and their values.
  entry jsonb not null,
  at timestamptz not null default now()
);
