-- A part of a file name, in any case, is found by the trigrams it is made of.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX IF NOT EXISTS documents_filename_part ON documents USING gin (filename gin_trgm_ops);
