-- What a tenant's life needs beyond being made and erased.

-- Which installation this is. Its mark stands in the name of every database and role that it makes, so that installations which
-- share a server tell theirs apart.
create table catalog.installation (
    only_row boolean primary key default true check (only_row),
    mark text not null check (mark ~ '^[0-9a-f]{8}$')
);

insert into catalog.installation (mark) values (left(replace(gen_random_uuid()::text, '-', ''), 8));

alter table catalog.tenants
    -- Whether its database came from the warm pool.
    add column claimed boolean not null default false,
    -- While it is being deleted: the state that it had, and when erasing may begin.
    add column state_before text,
    add column purge_at timestamptz,
    -- Until when a host may still be making something for it, that had begun before.
    add column busy_until timestamptz,
    -- Set when erasing has begun. From then on nothing brings the tenant back.
    add column purging_at timestamptz;

-- Never two tenants in one database.
create unique index tenants_database on catalog.tenants (database_name);

alter table catalog.operations
    -- Some operations are the whole installation's; a command that was refused never became a tenant's.
    alter column tenant_uid drop not null,
    alter column tenant_id drop not null,
    -- Which queue is told of the outcome, and when it was.
    add column reply_to text,
    add column replied_at timestamptz,
    -- What later steps need to know of earlier ones: names and counts, never a secret in the clear.
    add column details jsonb not null default '{}';

create index operations_unanswered on catalog.operations (finished_at) where reply_to is not null and replied_at is null;

create index operations_refused on catalog.operations (request_hash) where step = 'refused';

-- Roles of tenants' databases besides the one that serves now: new ones, former ones and tenants' own.
create table catalog.database_roles (
    name text primary key,
    tenant_uid uuid not null references catalog.tenants,
    purpose text not null check (purpose in ('runtime', 'own')),
    -- Of a runtime role that does not serve yet. A tenant's own passwords are shown once and kept nowhere.
    encrypted_password bytea,
    created_at timestamptz not null,
    -- When it is to be dropped, and before that, when a half-made one is.
    retire_at timestamptz
);

create index database_roles_tenant on catalog.database_roles (tenant_uid);
create index database_roles_due on catalog.database_roles (retire_at) where retire_at is not null;

-- The warm pool: databases that wait for a tenant. The uid becomes the tenant's: what is sealed for it stays good.
create table catalog.spare_databases (
    uid uuid primary key,
    region text not null,
    host text not null,
    port integer not null,
    database_name text not null unique,
    role_name text not null,
    encrypted_password bytea not null,
    -- What it is a copy of. Another version of this program claims copies of another template.
    template text not null,
    schema_version integer not null,
    state text not null check (state in ('making', 'ready', 'dropping')),
    -- While somebody is making or dropping it: when another may go on.
    lease_until timestamptz,
    created_at timestamptz not null default now()
);

create index spare_databases_claim on catalog.spare_databases (region, template, created_at) where state = 'ready';

-- What a reconciliation found that nobody owns. It acts on what it has seen more than once.
create table catalog.orphans (
    kind text not null check (kind in ('database', 'role', 'blobs')),
    name text not null,
    sightings integer not null default 1,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (kind, name)
);

create table catalog.reconciliations (
    id uuid primary key,
    at timestamptz not null,
    report jsonb not null
);

-- What was erased of a tenant, signed.
create table catalog.deletion_certificates (
    operation_id uuid primary key references catalog.operations,
    tenant_uid uuid not null,
    body text not null,
    issued_at timestamptz not null
);

alter table catalog.audit add column actor text not null default 'system';

create index audit_tenant on catalog.audit (tenant_id, id);
create index audit_at on catalog.audit (at);

create function catalog.refuse_audit_change() returns trigger language plpgsql as
$$ begin raise exception 'The audit is append-only.' using errcode = 'insufficient_privilege'; end $$;

create trigger audit_is_append_only before update or delete on catalog.audit
    for each row execute function catalog.refuse_audit_change();
create trigger audit_is_not_truncated before truncate on catalog.audit
    for each statement execute function catalog.refuse_audit_change();
