-- Moves of tenants' databases from one provider to another.
-- Where a tenant's database is to be, while that is not where it is.
alter table catalog.tenants add column next_provider text;

-- The database of a tenant on the move that does not serve: the new one until the switch, the former one from then on. It stands here from
-- before it is made until it is erased.
create table catalog.moves (
    tenant_uid uuid primary key references catalog.tenants,
    provider text not null,
    host text,
    port integer,
    pooler_host text,
    database_name text not null unique,
    role_name text not null,
    encrypted_password bytea not null,
    switched_at timestamptz
);
