-- What tenants use: counted in hosts' memory, added up here every few seconds. Ids and figures, nothing of the content.
create table catalog.usage (
    tenant_uid uuid not null,
    day date not null,
    metric text not null,
    amount bigint not null,
    primary key (tenant_uid, day, metric)
) with (fillfactor = 80);

-- The last count that each host has brought. One whose answer was lost comes again, and is not added twice.
create table catalog.usage_flushes (
    host uuid primary key,
    number bigint not null,
    at timestamptz not null default now()
);

alter table catalog.api_keys add column last_used_at timestamptz;

-- What a document takes of its tenant's plan: the bytes of the version that was let in last. Null until one was.
alter table work.documents add column counted_bytes bigint;
update work.documents set counted_bytes = bytes;

create index documents_over_quota on work.documents (tenant_uid, claim) where failure_step = 'quota';
