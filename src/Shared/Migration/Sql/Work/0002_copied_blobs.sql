-- Blobs of tenants that come here from another region: which version each was copied from, and which that made here.
create table work.copied_blobs (
    tenant_uid uuid not null,
    path text not null,
    source_etag text not null,
    etag text not null,
    primary key (tenant_uid, path)
);
