-- The languages that passages are or were in: a query's words are looked up in each. Few, and never taken away.
create table languages (language regconfig primary key);

insert into languages (language) select distinct language from chunks;

-- What a staged version's passages will be in; the tenant's own language where it is null.
alter table staged_chunks add column language regconfig;

grant select, insert on languages to freehold_runtime;
grant select on languages to freehold_reader;
