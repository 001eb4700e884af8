-- People look for somebody by a part of a name and know no address: `name=smith` finds them by the words of addresses and display names
-- (store/name-words.ts has the same expression). None of that changes while a mailbox moves, so that no step of a journey pays for it.
create index mailbox_words on mailbox
  using gin (to_tsvector('simple'::regconfig, translate(address, '.@_-+', '     ') || ' ' || coalesce(display_name, '')));
