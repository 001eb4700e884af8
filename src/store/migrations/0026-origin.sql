-- Which database this is. One that came out of a dump is another, and what happened after the dump was taken is not in it: until a person
-- has looked (`godwit db restored`), nobody moves anything by it.

-- The cluster and the database in it. With the rights of whoever migrated, so that it is the same for everybody; where they do not
-- suffice to ask for the cluster, it is told by the database alone.
create function database_here() returns text language plpgsql stable security definer set search_path = pg_catalog as $$
declare cluster text := '';
begin
  begin
    select system_identifier::text into cluster from pg_control_system();
  exception when insufficient_privilege or undefined_function then
    null;
  end;
  return cluster || '/' || (select oid::text from pg_database where datname = current_database());
end $$;

create table origin (
  one boolean primary key default true check (one),
  -- Where it was when somebody last confirmed it.
  here text not null,
  -- Why it is taken for an earlier one though it is where it was: a copy of its files was put back.
  noticed text,
  noticed_at timestamptz,
  check ((noticed is null) = (noticed_at is null))
);
insert into origin (here) values (database_here());
