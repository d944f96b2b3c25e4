-- What a provider says of its databases' use, and of their quotas.
alter table catalog.tenants
    -- When the provider was last seen to refuse the tenant's database for its quota, and when that begins anew.
    add column over_quota_at timestamptz,
    add column quota_resets_at timestamptz;

-- How far the present round of asking a region's providers has come; after is null when it is over.
create table catalog.consumption_rounds (
    region text primary key,
    began_at timestamptz not null default now(),
    after uuid,
    lease_until timestamptz not null default '-infinity',
    finished_at timestamptz
);
