-- The latest erasure of secrets is told beside their list, and where there was none the whole log was read to know it.
create index audit_erasure on audit (id) where what = 'secrets erased';
