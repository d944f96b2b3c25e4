-- A tenant's own database: its documents, their passages, and what finds them.
-- {dimensions} is the length of the embedding model's vectors.
create table settings (
    only_row boolean primary key default true check (only_row),
    embedding_model text not null,
    dimensions integer not null,
    language regconfig not null
);

insert into settings (embedding_model, dimensions, language) values ('{model}', {dimensions}, 'english');

create table documents (
    id bigint generated always as identity primary key,
    path text not null unique,
    etag text not null,
    content_hash bytea not null,
    title text,
    media_type text not null,
    bytes bigint not null,
    metadata jsonb not null default '{}',
    -- The claim that published the present text; its chunks are numbered from version << 20.
    version bigint not null unique,
    -- The newest claim that looked at it. An attempt with a lower one comes too late.
    claim bigint not null,
    chunks integer not null,
    -- Words in all chunks, for the corpus statistics.
    length bigint not null,
    text text compression lz4 not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- id = version << 20 | ordinal: a document's chunks are one range of ids, and need no index of their own.
-- Rows stay whole in the heap (no TOAST below a page): the lexical search reads their lexemes by the thousand.
create table chunks (
    id bigint primary key,
    length integer not null,
    start_at integer not null,
    end_at integer not null,
    page integer,
    language regconfig not null,
    -- Before the texts: what a search reads of many rows stands first in each.
    lexemes tsvector not null generated always as (to_tsvector(language, heading || E'\n' || content)) stored,
    heading text not null,
    content text not null
) with (toast_tuple_target = 8160);

-- A short pending list makes writing several times cheaper, and costs a search little.
create index chunks_lexemes on chunks using gin (lexemes) with (fastupdate = on, gin_pending_list_limit = 256);

-- Apart from the passages, so that an exact scan reads vectors and nothing else.
create table embeddings (
    id bigint primary key,
    embedding halfvec({dimensions}) not null
);

alter table embeddings alter column embedding set storage plain;

-- Versions that wait for embeddings from a remote model. Nothing here is searched.
create table staged_chunks (
    id bigint primary key,
    heading text not null,
    page integer,
    start_at integer not null,
    end_at integer not null,
    length integer not null,
    content text not null,
    embedding halfvec({dimensions})
);

create table staged_documents (
    path text primary key,
    etag text not null,
    content_hash bytea not null,
    title text,
    media_type text not null,
    bytes bigint not null,
    metadata jsonb not null,
    version bigint not null,
    chunks integer not null,
    length bigint not null,
    text text compression lz4 not null
);

-- Which claim removed a path. For as long as an attempt may still be under way, one that is older finds here that it comes too late.
create table removed_documents (
    path text primary key,
    claim bigint not null,
    removed_at timestamptz not null default now()
);

create index removed_documents_at on removed_documents (removed_at);

-- BM25's corpus statistics, exact at every commit. Several rows, so that writers do not queue behind one another.
create table corpus_statistics (
    shard smallint primary key,
    chunks bigint not null default 0,
    length bigint not null default 0
) with (fillfactor = 10);

insert into corpus_statistics (shard) select generate_series(0, 15);

grant select, insert, update, delete on documents, chunks, embeddings, staged_chunks, staged_documents, removed_documents to freehold_runtime;
grant select, update on corpus_statistics to freehold_runtime;
grant select on settings to freehold_runtime;
