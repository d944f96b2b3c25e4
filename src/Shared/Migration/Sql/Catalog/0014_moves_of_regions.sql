-- Moves of tenants from one region to another.
-- The region that a tenant is to be in, while that is not the one where it is; and since when nothing of it may be written, for the moment
-- in which it changes.
alter table catalog.tenants
    add column next_region text,
    add column paused_at timestamptz;

-- The region of the database that does not serve; null: the tenant's own. Of a region that was left: until when uploads may still come to it,
-- the operation that left it, and how much was there.
alter table catalog.moves
    add column region text,
    add column open_until timestamptz,
    add column operation_id uuid,
    add column inventory jsonb;

-- The region whose hosts carry it out, where that is not the tenant's.
alter table catalog.operations add column runs_in text;

-- Blobs of tenants that come here from another region: which version each was copied from, and which that made here.
create table work.copied_blobs (
    tenant_uid uuid not null,
    path text not null,
    source_etag text not null,
    etag text not null,
    primary key (tenant_uid, path)
);
