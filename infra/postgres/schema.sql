-- The schema that the migrations make, read from the catalog. Not to be edited:
-- dotnet run --project infra/postgres -- schema > infra/postgres/schema.sql

-- Schemas
grant usage on schema public to public;
