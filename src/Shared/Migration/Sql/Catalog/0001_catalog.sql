-- The control database: who the tenants are and what is being done for them. Never a tenant's content, no document path.
create schema catalog;

create table catalog.tenants (
    uid uuid primary key,
    id text not null,
    display_name text not null,
    state text not null check (state in ('provisioning', 'active', 'suspended', 'failed', 'deleting', 'deleted')),
    region text not null,
    plan text not null,
    host text,
    port integer,
    database_name text,
    role_name text,
    encrypted_password bytea,
    schema_version integer,
    failure text,
    created_at timestamptz not null,
    ready_at timestamptz,
    deleted_at timestamptz
);

-- A name is free again once its tenant is deleted.
create unique index tenants_id on catalog.tenants (id) where state <> 'deleted';

create table catalog.api_keys (
    id uuid primary key,
    tenant_uid uuid not null references catalog.tenants,
    name text not null,
    prefix text not null unique,
    hash bytea not null,
    scopes text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz
);

create index api_keys_tenant on catalog.api_keys (tenant_uid);

create table catalog.operations (
    id uuid primary key,
    kind text not null,
    tenant_uid uuid not null references catalog.tenants,
    tenant_id text not null,
    state text not null check (state in ('queued', 'running', 'done', 'failed')),
    step text not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    woken_at timestamptz,
    lease uuid,
    failure text,
    idempotency_key text unique,
    request_hash bytea,
    created_at timestamptz not null,
    finished_at timestamptz
);

create index operations_due on catalog.operations (next_attempt_at) where state in ('queued', 'running');
create index operations_tenant on catalog.operations (tenant_uid);

create table catalog.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    action text not null,
    tenant_id text,
    tenant_uid uuid,
    details jsonb not null default '{}'
);
