-- For mail systems that ask the database itself where a mailbox lives now (deploy/coexistence, docs/coexistence.md). They hear of a
-- turned route with their next question; no door of ours stands between.

-- Whoever has this address, or this alias, in any case. No row: nobody has.
create function mail_route(name text) returns table (mailbox int, address text, side text, standing text)
language sql stable as $$
  select m.id, m.address, coalesce(r.side, 'source'), coalesce(r.standing, 'open')
    from mailbox m left join route r on r.mailbox = m.id
   where m.left_at is null
     and m.id in (select a.id from mailbox a where a.address = lower(mail_route.name)
                  union all
                  -- Apart, so that each is found by an index of its own.
                  select a.id from mailbox a where a.aliases @> array[lower(mail_route.name)])
   order by m.address = lower(mail_route.name) desc
   limit 1
$$;

-- The transport of an address, as transport(5) writes it, by what a Postfix has for each side and for who moves. Null: nobody of ours,
-- or as it would go anyway.
create function mail_transport(name text, source text, target text, moving text) returns text
language sql stable as $$
  select case when r.standing <> 'open' then moving when r.side = 'source' then source else target end
    from mail_route(name) r
$$;

-- All of them, for lists and for people.
create view mail_routes as
  select m.address, coalesce(r.side, 'source') as side, coalesce(r.standing, 'open') as standing, r.turned_at
    from mailbox m left join route r on r.mailbox = m.id
   where m.left_at is null;
