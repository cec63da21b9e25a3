-- The local Vercel Blob: one store.
create table if not exists vendors.blob_objects (
    pathname            text primary key,
    file_id             text not null,
    access              text not null check (access in ('public', 'private')),
    content_type        text not null,
    content_disposition text not null,
    cache_control       text not null,
    etag                text not null,
    size                bigint not null,
    uploaded_at         timestamptz not null
);

-- «Upload completed» posts, each to the address its client token named.
create table if not exists vendors.blob_callbacks (
    id         text primary key,
    address    text not null,
    body       text not null,
    attempts   int not null default 0,
    state      text not null default 'waiting' check (state in ('waiting', 'delivered', 'given_up')),
    created_at timestamptz not null
);
do $$ begin
    if exists (select from pg_attribute where attrelid = 'vendors.blob_callbacks'::regclass and attname = 'tries') then
        alter table vendors.blob_callbacks rename column tries to attempts;
    end if;
end $$;

-- Multipart uploads under way, and the parts that have come.
create table if not exists vendors.blob_multiparts (
    id         text primary key,
    pathname   text not null,
    created_at timestamptz not null
);

create table if not exists vendors.blob_parts (
    multipart_id text not null references vendors.blob_multiparts (id) on delete cascade,
    number       int not null,
    etag         text not null,
    file_id      text not null,
    size         bigint not null,
    primary key (multipart_id, number)
);
