-- What roles of the tenant's own may see: everything that is the tenant's, and nothing that they could change.
grant select on settings, documents, chunks, embeddings, corpus_statistics to freehold_reader;
