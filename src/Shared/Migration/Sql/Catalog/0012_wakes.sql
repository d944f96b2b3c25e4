-- What has woken computes is asked for over all tenants; everything else of tenants' use, tenant by tenant.
create index usage_wakes on catalog.usage (day) where metric like 'wakes-%';
