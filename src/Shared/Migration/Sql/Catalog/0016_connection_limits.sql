-- How many connections a tenant's own role may have, as it was last told in the database; null where nobody knows. Where nothing is to be
-- changed, the database is not entered: at some providers that wakes it.
alter table catalog.database_roles add column connection_limit integer;
