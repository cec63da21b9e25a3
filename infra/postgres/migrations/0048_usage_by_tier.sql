-- What Mux bills goes by resolution: each tier has a price, which is a setting.

-- The tier that Mux says a video has. Null: it was made before that was kept, or it is one that nobody here knows.
alter table portal.asset_versions
    add column resolution_tier text check (resolution_tier in ('audio_only', '720p', '1080p', '1440p', '2160p'));

-- A row is now for a tier, too, and says who counted it: the portal, or Mux in the file that it makes of each day (usage export). Where a
-- file says what a version used on a day, what the portal counted of its encoding, storing and playing stays, and is counted no more
-- (replaced): a file that is corrected may leave the version out. That it says nothing was played is a row, too.
alter table portal.usage_days
    add column tier text check (tier in ('audio_only', '720p', '1080p', '1440p', '2160p')),
    add column source text not null default 'portal' check (source in ('portal', 'mux_export')),
    add column replaced boolean not null default false,
    add constraint usage_days_tier_of_video check (tier is null or metric in ('encoded', 'stored', 'delivered')),
    add constraint usage_days_exported check (source = 'portal' or (metric in ('encoded', 'stored', 'delivered') and not replaced)),
    drop constraint usage_days_quantity_check,
    add constraint usage_days_quantity_check check (quantity > 0 or (quantity = 0 and source = 'mux_export')),
    drop constraint usage_days_tenant_id_day_metric_asset_version_id_key,
    add constraint usage_days_key unique nulls not distinct (tenant_id, day, metric, asset_version_id, tier, source);

-- The file of a day that was read last: when it was listed, and how large it was. One of another size is read again.
alter table portal.usage_counts
    add column exported_at timestamptz,
    add column exported_bytes bigint check (exported_bytes >= 0),
    add constraint usage_counts_exported check ((exported_at is null) = (exported_bytes is null));

-- They take tiers now: infra/postgres/functions/replace_delivered.sql.
drop function if exists portal.replace_delivered(date, text[], double precision[]);
