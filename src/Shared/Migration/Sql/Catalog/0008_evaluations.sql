-- One evaluation of a tenant's searches at a time. What is asked and what comes of it is in the tenant's own database.
create unique index operations_evaluate on catalog.operations (tenant_uid) where kind = 'evaluate' and state in ('queued', 'running');
