-- How many passages a search among an index of vectors keeps in view: more cost time and find more of the truly nearest. A tenant's
-- own, since it depends on how its vectors lie: set when the index is built, and raised when searches are seen to miss too much.
alter table settings add column ef_search integer not null default 100 check (ef_search between 1 and 1000);

grant update (ef_search) on settings to freehold_runtime;
