-- Sessions end when nobody uses them. Null: of an earlier version, which is held to what the settings say alone.

alter table access_session add column idle interval;
