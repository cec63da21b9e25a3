-- The local Mux: one environment.
create table if not exists vendors.mux_uploads (
    id            text primary key,
    secret        text not null unique,         -- in the upload URL, which alone authorises the bytes
    status        text not null check (status in ('waiting', 'asset_created', 'errored', 'cancelled', 'timed_out')),
    timeout_s     int not null,
    cors_origin   text,
    test          boolean not null,
    settings      jsonb not null,               -- new_asset_settings as given
    asset_id      text,
    error_message text,
    file_id       text not null,
    total         bigint,                       -- as first declared in a Content-Range
    created_at    timestamptz not null,
    seq           bigint generated always as identity unique
);

create table if not exists vendors.mux_assets (
    id            text primary key,
    upload_id     text,
    input_url     text,
    status        text not null check (status in ('preparing', 'ready', 'errored')),
    settings      jsonb not null,
    passthrough   text,
    meta          jsonb,
    test          boolean not null,
    file_id       text,
    planned_error text,                         -- decided by a fault when the asset was created
    media         jsonb,                        -- what the inspection found
    errors        jsonb,
    created_at    timestamptz not null,
    deleted_at    timestamptz,
    seq           bigint generated always as identity unique
);
create index if not exists mux_assets_upload on vendors.mux_assets (upload_id);

create table if not exists vendors.mux_playback_ids (
    id         text primary key,
    asset_id   text not null references vendors.mux_assets (id),
    policy     text not null,
    seq        bigint generated always as identity
);
create index if not exists mux_playback_ids_asset on vendors.mux_playback_ids (asset_id);

create table if not exists vendors.mux_renditions (
    id          text primary key,
    asset_id    text not null references vendors.mux_assets (id),
    resolution  text not null,
    passthrough text,
    status      text not null check (status in ('preparing', 'ready', 'errored', 'skipped')),
    seq         bigint generated always as identity
);
create index if not exists mux_renditions_asset on vendors.mux_renditions (asset_id);

-- The private half is shown once and not kept.
create table if not exists vendors.mux_signing_keys (
    id         text primary key,
    public_key bytea not null,
    created_at timestamptz not null,
    seq        bigint generated always as identity
);

create table if not exists vendors.mux_deliveries (
    asset_id text not null,
    at       timestamptz not null,
    seconds  double precision not null
);
create index if not exists mux_deliveries_at on vendors.mux_deliveries (at);

-- From databases that are older than the columns. Ready: from then on it is stored, and was encoded.
alter table vendors.mux_assets add column if not exists ready_at timestamptz;
-- Null: the asset's own.
alter table vendors.mux_deliveries add column if not exists tier text;
