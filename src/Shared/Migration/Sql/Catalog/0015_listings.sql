-- A listing ends where the provider could not list everything, and goes on there: it is never one that skips something.
delete from catalog.listings;
delete from catalog.listed_names;
alter table catalog.listings drop column unlisted;
