-- Who looks for `name=smith` (store/name-words.ts) was answered by reading everybody of that name before the first fifty were known, and ten
-- thousand have it. Now they stand in indexes in the order of their names.

-- Of the words of a display name, or where there is none of an address before its @: 1: all of them; 2: the second and the first; and where
-- there are more than two, 3: the last and the first; 4: the first and the last; 5: the second and the last; 6: the last and the second; else
-- null. So the first, the second and the last are found by their beginnings, and two of them in whatever order.
create function name_key(display_name text, address text, which int) returns text
language plpgsql immutable parallel safe as $$
declare
  -- What stands between words is a blank; an apostrophe (the last two) is nothing.
  words constant text[] := array_remove(string_to_array(translate(
    lower(coalesce(nullif(display_name, ''), split_part(address, '@', 1))),
    '"(),-./:;@_&+’''', '             '), ' '), '');
  n constant int := cardinality(words);
begin
  case which
    when 1 then return left(array_to_string(words, ' '), 200);
    when 2 then return left(words[2] || ' ' || words[1], 200);
    when 3 then return case when n > 2 then left(words[n] || ' ' || words[1], 200) end;
    when 4 then return case when n > 2 then left(words[1] || ' ' || words[n], 200) end;
    when 5 then return case when n > 2 then left(words[2] || ' ' || words[n], 200) end;
    when 6 then return case when n > 2 then left(words[n] || ' ' || words[2], 200) end;
  end case;
end $$;

-- Whether there are more than two, which is cheaper to tell; counted as name_key finds them.
create function has_long_name(display_name text, address text) returns boolean
language sql immutable parallel safe as $$
  select cardinality(array_remove(string_to_array(translate(
    coalesce(nullif(display_name, ''), split_part(address, '@', 1)),
    '"(),-./:;@_&+’''', '             '), ' '), '')) > 2
$$;

-- The order of letters is the same whatever that of the database is, so that what begins alike stands together.
create index mailbox_name_1 on mailbox ((name_key(display_name, address, 1) collate "C"), address);
create index mailbox_name_2 on mailbox ((name_key(display_name, address, 2) collate "C"), address);
create index mailbox_name_3 on mailbox ((name_key(display_name, address, 3) collate "C"), address)
  where has_long_name(display_name, address);
create index mailbox_name_4 on mailbox ((name_key(display_name, address, 4) collate "C"), address)
  where has_long_name(display_name, address);
create index mailbox_name_5 on mailbox ((name_key(display_name, address, 5) collate "C"), address)
  where has_long_name(display_name, address);
create index mailbox_name_6 on mailbox ((name_key(display_name, address, 6) collate "C"), address)
  where has_long_name(display_name, address);
drop index mailbox_words;

-- The first of an organisation by their addresses: gathering all of a hospital and putting them in order took some milliseconds for each
-- screen. Nothing of all this changes while a mailbox moves.
create index mailbox_organisation_address on mailbox (organisation, address);
