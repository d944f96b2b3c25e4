-- When a document's row was changed last, and the tokens of its present chunks.
alter table work.documents add column changed_at timestamptz not null default now();
alter table work.documents add column tokens bigint not null default 0;

create index documents_changed on work.documents (tenant_uid, changed_at);

-- The model whose vectors a tenant's database holds.
alter table catalog.tenants add column embedding_model text not null default 'lexical-384';

-- Until when somebody may hold a link with which a tenant's blobs can be written. Until then its name goes to no other tenant.
alter table catalog.tenants add column upload_links_until timestamptz;
