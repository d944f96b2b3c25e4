-- Judged questions of the tenant's own, and how well its searches have answered them. The id is that of the operation which asks them.
create table evaluations (
    id uuid primary key,
    name text,
    created_at timestamptz not null,
    request jsonb not null,
    -- What there was when the first question was asked, and what was judged relevant and was not there.
    corpus jsonb,
    missing jsonb,
    report jsonb,
    finished_at timestamptz
);

-- What its searches gave, in the order in which they are made.
create table evaluation_outcomes (
    evaluation_id uuid not null references evaluations on delete cascade,
    number integer not null,
    -- Of each of what is relevant to the question: where it was found, from 1; 0 where it was not.
    ranks integer[] not null,
    -- Milliseconds.
    took real not null,
    primary key (evaluation_id, number)
);

grant select, insert, update, delete on evaluations, evaluation_outcomes to freehold_runtime;
grant select on evaluations, evaluation_outcomes to freehold_reader;
