-- A work store in a database of its own: which documents there are and what is still to be done for them. One that lies beside the
-- catalog is made by the catalog's scripts, and is the same; a test compares them. So what changes it comes twice, here and there.
create schema work;

-- Numbers every attempt at a document. A tenant database takes a version only from a higher claim than its present one.
create sequence work.claims;

create table work.documents (
    tenant_uid uuid not null,
    path text not null,
    etag text not null,
    state text not null check (state in ('queued', 'chunking', 'embedding', 'ready', 'failed')),
    searchable_etag text,
    title text,
    media_type text,
    bytes bigint not null,
    chunks integer not null default 0,
    metadata jsonb not null default '{}',
    uploaded_at timestamptz not null,
    ready_at timestamptz,
    claim bigint not null default 0,
    attempts integer not null default 0,
    -- Attempts at the present version that ended without a word: their host died, or took too long.
    lapses integer not null default 0,
    -- While a claim is held: when it lapses. Otherwise: when the next attempt is due. Null: nothing to do.
    next_attempt_at timestamptz,
    -- A document has its turn from when its wake-up is sent until a handler has ended.
    turn_at timestamptz,
    failure_step text,
    failure_reason text,
    -- What it takes of its tenant's plan: the bytes of the version that was let in last. Null until one was.
    counted_bytes bigint,
    -- When its row was changed last, and the tokens of its present chunks.
    changed_at timestamptz not null default now(),
    tokens bigint not null default 0,
    -- Until when the turn is not to be given back: its document is being worked on, or a model has asked for a pause.
    busy_until timestamptz,
    primary key (tenant_uid, path)
) with (fillfactor = 80);

create index documents_over_quota on work.documents (tenant_uid, claim) where failure_step = 'quota';
create index documents_in_turn on work.documents (tenant_uid) where turn_at is not null;
create index documents_waiting on work.documents (tenant_uid, next_attempt_at) where turn_at is null and next_attempt_at is not null;
create index documents_failed on work.documents (tenant_uid, path) where state = 'failed';
-- Only for queries that name changed_at. While the table has no statistics yet, the planner takes the newest index on tenant_uid for a
-- document's row, too, and each such search then reads the whole tenant.
create index documents_changed on work.documents (tenant_uid, changed_at) where changed_at is not null;

-- Gives turns to the documents of a tenant that have been due longest, as many as are free. Never more than at_once have one.
create function work.take_turns(tenant uuid, at_once integer) returns table (path text, state text) language plpgsql as $$
declare
    free integer;
begin
    -- While all turns are taken, which is when many ask, nobody waits for the lock.
    select at_once - count(*) into free from work.documents d where d.tenant_uid = tenant and d.turn_at is not null;
    if free <= 0 then
        return;
    end if;

    -- Who holds it waits for no row, and so for nobody who waits for it.
    perform pg_advisory_xact_lock(hashtextextended(tenant::text, 5));

    -- A statement of its own: it sees what the holder of the lock before has taken.
    select at_once - count(*) into free from work.documents d where d.tenant_uid = tenant and d.turn_at is not null;

    -- One at a time, for the planner knows what a limit of one is worth. Materialized, or a plan may run it more than once.
    for turn in 1..free loop
        with due as materialized (
            select w.path from work.documents w
            where w.tenant_uid = tenant and w.turn_at is null and w.next_attempt_at <= now()
            order by w.next_attempt_at limit 1 for update skip locked)
        update work.documents d set turn_at = now(), busy_until = null
        from due
        where d.tenant_uid = tenant and d.path = due.path
        returning d.path, d.state into path, state;
        exit when not found;
        return next;
    end loop;
end $$;

-- Whatever statement changes what a document's owner sees of it, the row says when.
create function work.note_change() returns trigger language plpgsql as
$$ begin new.changed_at := clock_timestamp(); return new; end $$;

create trigger documents_new before insert on work.documents for each row execute function work.note_change();

create trigger documents_change before update on work.documents for each row
    when ((old.etag, old.state, old.searchable_etag, old.title, old.media_type, old.bytes, old.chunks, old.metadata, old.uploaded_at,
            old.ready_at, old.failure_step, old.failure_reason)
        is distinct from (new.etag, new.state, new.searchable_etag, new.title, new.media_type, new.bytes, new.chunks, new.metadata,
            new.uploaded_at, new.ready_at, new.failure_step, new.failure_reason))
    execute function work.note_change();

-- Documents that are gone, for a day, for those who follow changes.
create table work.removed_documents (
    tenant_uid uuid not null,
    path text not null,
    removed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_uid, path)
);

create index removed_documents_when on work.removed_documents (tenant_uid, removed_at);
create index removed_documents_age on work.removed_documents (removed_at);

-- The comparison of tenants' blobs with their documents: how far the present round has come, and what the last one found.
create table work.sweeps (
    only_row boolean primary key default true check (only_row),
    lease_until timestamptz not null default '-infinity',
    began_at timestamptz not null default '-infinity',
    -- The tenant that was compared last, by name; null when the round is over.
    after text,
    tenants integer not null default 0,
    noted bigint not null default 0,
    removed bigint not null default 0,
    last jsonb
);

insert into work.sweeps default values;
