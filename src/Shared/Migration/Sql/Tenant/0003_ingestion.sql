-- The extracted text of a version, published or staged, in pieces: one after another they are the document's text. start_at counts
-- UTF-16 code units.
create table texts (
    version bigint not null,
    start_at integer not null,
    content text compression lz4 not null,
    primary key (version, start_at)
);

insert into texts (version, start_at, content) select version, 0, text from documents;
insert into texts (version, start_at, content) select version, 0, text from staged_documents;
alter table documents drop column text;
alter table staged_documents drop column text;

create index documents_metadata on documents using gin (metadata jsonb_path_ops);

-- What the chunk's embedding was made of, so that an edit keeps the embeddings of what it leaves alone: the first 16 bytes of the
-- SHA-256 of headings and content. Tokens are those of the embedding model.
alter table chunks add column content_hash uuid, add column tokens integer;
update chunks set
    content_hash = encode(substring(sha256(convert_to(case when heading = '' then content else heading || E'\n' || content end, 'UTF8')) for 16), 'hex')::uuid,
    tokens = length;
alter table chunks alter column content_hash set not null, alter column tokens set not null;
alter table staged_chunks add column content_hash uuid, add column tokens integer;
update staged_chunks set
    content_hash = encode(substring(sha256(convert_to(case when heading = '' then content else heading || E'\n' || content end, 'UTF8')) for 16), 'hex')::uuid,
    tokens = length;
alter table staged_chunks alter column content_hash set not null, alter column tokens set not null;

grant select, insert, update, delete on texts to freehold_runtime;
grant select on texts to freehold_reader;

-- While another embedding model is on its way: which one, and, for a moment at its end, until when nothing may be published.
alter table settings add column next_model text, add column held_until timestamptz;
