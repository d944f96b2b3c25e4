-- Regions share the catalog. What a region's hosts write of their own server, storage and queues names the region.

-- Where it was asked for: its outcome is told there, and one that is no tenant's is carried out there. Null: anywhere.
alter table catalog.operations add column region text;

alter table catalog.reconciliations add column region text;

-- Sightings are counted anew, and what was being listed is listed again.
delete from catalog.orphans;
alter table catalog.orphans
    add column region text not null,
    drop constraint orphans_pkey,
    add primary key (region, kind, name);

delete from catalog.listings;
alter table catalog.listings
    add column region text not null,
    drop constraint listings_pkey,
    add primary key (region, provider);

delete from catalog.listed_names;
alter table catalog.listed_names
    add column region text not null,
    drop constraint listed_names_pkey,
    add primary key (region, provider, kind, name);
