-- Which waves an organisation has somebody in, found by going from one to the next (store/part.ts). It is the index by organisation, with the
-- wave behind it, and takes its place: whoever looks by organisation alone is served by its beginning, also an older version.
create index mailbox_of_organisation on mailbox (organisation, wave);
drop index mailbox_organisation;
