-- Only for queries that name changed_at. While the table has no statistics yet, the planner takes the newest index on tenant_uid for a
-- document's row, too, and each such search then reads the whole tenant.
drop index work.documents_changed;
create index documents_changed on work.documents (tenant_uid, changed_at) where changed_at is not null;
