-- Of a region that was left: since when nothing is fetched any more, and what is there is erased. What is missing there from then on was
-- erased, and not deleted by its owner.
alter table catalog.moves add column fetched_at timestamptz;
