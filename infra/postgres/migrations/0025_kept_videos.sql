-- Nobody's video is taken by retention without a word: its people are told two weeks before, and keep it if they want to.
alter table portal.asset_versions
    -- Age counts from here instead of from the upload.
    add column kept_at          timestamptz,
    add column expiry_warned_at timestamptz;
