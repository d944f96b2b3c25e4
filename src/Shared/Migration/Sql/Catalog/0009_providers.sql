-- Which provider a tenant's database is at, and what it takes to reach it there.
alter table catalog.tenants
    add column provider text not null default 'postgres',
    -- A pooler of the database's own, through which it is searched and written.
    add column pooler_host text;

alter table catalog.spare_databases
    add column provider text not null default 'postgres',
    add column pooler_host text,
    -- Of some providers' databases this is known only once they are made.
    alter column host drop not null,
    alter column port drop not null;

-- Of databases and roles, the provider that has them.
alter table catalog.orphans add column provider text;
update catalog.orphans set provider = 'postgres' where kind in ('database', 'role');

-- What a provider says it has, while it is being listed page by page: the next host goes on where a killed one stopped. Nothing is
-- lost with it but the time to list again.
create unlogged table catalog.listings (
    provider text primary key,
    started_at timestamptz not null,
    -- Where the next page begins.
    after text,
    complete boolean not null default false,
    -- Whether the provider has said that it could not list everything.
    unlisted boolean not null default false
);

create unlogged table catalog.listed_names (
    provider text not null,
    kind text not null check (kind in ('database', 'role')),
    name text not null,
    primary key (provider, kind, name)
);

-- Of a database at Neon, the project that it is in: what it takes to reach it besides what stands in its tenant's row. The row is there
-- before the project is asked for, and until after it is deleted.
create table catalog.neon_projects (
    database_name text primary key,
    -- For whom the password is sealed.
    tenant_uid uuid not null,
    project_id text unique,
    branch_id text,
    endpoint_id text,
    host text,
    pooler_host text,
    -- Of the role that owns the database.
    encrypted_password bytea,
    -- Neon's operations that have to end before anything connects.
    pending text[] not null default '{}',
    created_at timestamptz not null default now()
);

create index neon_projects_tenant on catalog.neon_projects (tenant_uid);
