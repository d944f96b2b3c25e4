alter table catalog.tenants
    -- The model whose vectors a tenant's database holds, and the one that it is to hold vectors of, while that is under way.
    add column embedding_model text not null default 'lexical-384',
    add column next_embedding_model text,
    -- While its database's schema is behind: attempts to bring it up to date, and when the next is due.
    add column migration_attempts integer not null default 0,
    add column migration_at timestamptz;

create index tenants_behind on catalog.tenants (schema_version) where state = 'active';

-- When a document's row was changed last, and the tokens of its present chunks.
alter table work.documents add column changed_at timestamptz not null default now();
alter table work.documents add column tokens bigint not null default 0;

create index documents_changed on work.documents (tenant_uid, changed_at);
