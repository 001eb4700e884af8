-- Sessions end when nobody uses them. Null: of an earlier version, which ends at its time only.

alter table access_session add column idle interval;
