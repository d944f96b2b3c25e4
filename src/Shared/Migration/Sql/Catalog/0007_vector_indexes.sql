-- Tenants whose vectors have an index: from then on a search finds most of the nearest passages, no longer all of them. How many it
-- finds is measured now and then, beside a search.
create table catalog.vector_indexes (
    tenant_uid uuid primary key references catalog.tenants,
    built_at timestamptz not null,
    -- What searches look at (settings.ef_search of the tenant's database).
    ef_search integer not null,
    -- Recall@10: a moving average over the samples since ef_search was changed last.
    recall double precision,
    samples integer not null default 0,
    measured_at timestamptz
);

create unique index operations_build_index on catalog.operations (tenant_uid) where kind = 'build-index' and state in ('queued', 'running');
