-- `Reception Ward - Leeds` and `Ann Smith,Leeds` have three words, and has_long_name (0030) found nothing at the third place between blanks: their
-- last word was in no index, and nobody was found by it. Now words are counted as name_key finds them.
create or replace function has_long_name(display_name text, address text) returns boolean
language sql immutable parallel safe as $$
  select cardinality(array_remove(string_to_array(translate(
    coalesce(nullif(display_name, ''), split_part(address, '@', 1)),
    '"(),-./:;@_&+’''', '             '), ' '), '')) > 2
$$;

-- Who is in them is another question by now.
reindex index mailbox_name_3;
reindex index mailbox_name_4;
reindex index mailbox_name_5;
reindex index mailbox_name_6;
