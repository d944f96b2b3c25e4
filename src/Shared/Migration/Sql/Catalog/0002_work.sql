-- The work store: which documents there are and what is still to be done for them. It refers to no table of the catalog,
-- so that a region can have a database of its own for it.
create schema work;

-- Numbers every attempt at a document. A tenant database takes a version only from a higher claim than its present one.
create sequence work.claims;

create table work.documents (
    tenant_uid uuid not null,
    path text not null,
    etag text not null,
    state text not null check (state in ('queued', 'chunking', 'embedding', 'ready', 'failed')),
    searchable_etag text,
    title text,
    media_type text,
    bytes bigint not null,
    chunks integer not null default 0,
    metadata jsonb not null default '{}',
    uploaded_at timestamptz not null,
    ready_at timestamptz,
    claim bigint not null default 0,
    attempts integer not null default 0,
    -- Attempts at the present version that ended without a word: their host died, or took too long.
    lapses integer not null default 0,
    -- While a claim is held: when it lapses. Otherwise: when the next attempt is due. Null: nothing to do.
    next_attempt_at timestamptz,
    -- When the last wake-up was sent, so that a sweep does not flood a queue that is merely long.
    woken_at timestamptz,
    failure_step text,
    failure_reason text,
    primary key (tenant_uid, path)
) with (fillfactor = 80);

create index documents_due on work.documents (next_attempt_at) where next_attempt_at is not null;
