using Dapper;
using Npgsql;

namespace Portal.LocalVendors.Mux;

/// <summary>The SQL of the local Mux. Methods take a connection when they are part of a larger change.</summary>
internal static class MuxStore
{
    public static Task<UploadRow?> UploadAsync(NpgsqlConnection c, string id, NpgsqlTransaction? t = null) =>
        c.QuerySingleOrDefaultAsync<UploadRow?>($"select {UploadRow.Columns} from vendors.mux_uploads where id = @id", new { id }, t);

    public static Task<UploadRow?> UploadBySecretAsync(NpgsqlConnection c, string secret) =>
        c.QuerySingleOrDefaultAsync<UploadRow?>(
            $"select {UploadRow.Columns} from vendors.mux_uploads where secret = @secret", new { secret });

    public static async Task<IReadOnlyList<UploadRow>> UploadsAsync(NpgsqlConnection c, int limit, int skip) =>
        (await c.QueryAsync<UploadRow>(
            $"select {UploadRow.Columns} from vendors.mux_uploads order by seq desc limit @limit offset @skip",
            new { limit, skip })).AsList();

    public static Task InsertUploadAsync(NpgsqlConnection c, NpgsqlTransaction t, UploadRow upload) => c.ExecuteAsync(
        """
        insert into vendors.mux_uploads (id, secret, status, timeout_s, cors_origin, test, settings, file_id, created_at)
        values (@Id, @Secret, @Status, @TimeoutS, @CorsOrigin, @Test, @Settings::jsonb, @FileId, @CreatedAt)
        """, upload, t);

    /// <summary>The guarded move out of <c>waiting</c>; false when it was not waiting any more.</summary>
    public static async Task<bool> MoveUploadAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string id, string status, string? assetId = null, string? error = null) =>
        await c.ExecuteAsync(
            """
            update vendors.mux_uploads set status = @status, asset_id = @assetId, error_message = @error
            where id = @id and status = 'waiting'
            """, new { id, status, assetId, error }, t) == 1;

    public static Task SetTotalAsync(NpgsqlConnection c, string id, long total) =>
        c.ExecuteAsync("update vendors.mux_uploads set total = @total where id = @id and total is null", new { id, total });

    public static Task InsertAssetAsync(NpgsqlConnection c, NpgsqlTransaction t, AssetRow asset) => c.ExecuteAsync(
        """
        insert into vendors.mux_assets (id, upload_id, input_url, status, settings, passthrough, meta, test, file_id, planned_error,
           created_at)
        values (@Id, @UploadId, @InputUrl, @Status, @Settings::jsonb, @Passthrough, @Meta::jsonb, @Test, @FileId, @PlannedError,
        @CreatedAt)
        """, asset, t);

    /// <summary>Deleted assets are not found.</summary>
    public static Task<AssetRow?> AssetAsync(NpgsqlConnection c, string id, NpgsqlTransaction? t = null, bool locked = false) =>
        c.QuerySingleOrDefaultAsync<AssetRow?>(
            $"select {AssetRow.Columns} from vendors.mux_assets where id = @id and deleted_at is null {(locked ? "for update" : "")}",
            new { id }, t);

    public static async Task<IReadOnlyList<AssetRow>> AssetsAsync(
        NpgsqlConnection c, int limit, int skip, long? before, string? uploadId) =>
        (await c.QueryAsync<AssetRow>(
            $"""
            select {AssetRow.Columns} from vendors.mux_assets
            where deleted_at is null and (@uploadId::text is null or upload_id = @uploadId) and (@before::bigint is null or seq < @before)
            order by seq desc limit @limit offset @skip
            """, new { limit, skip, before, uploadId })).AsList();

    public static Task<int> SettleAssetAsync(
        NpgsqlConnection c, NpgsqlTransaction t, string id, string status, string? media, string? errors,
        DateTimeOffset? readyAt = null) =>
        c.ExecuteAsync(
            """
            update vendors.mux_assets set status = @status, media = @media::jsonb, errors = @errors::jsonb, ready_at = @readyAt
            where id = @id and status = 'preparing' and deleted_at is null
            """, new { id, status, media, errors, readyAt = readyAt?.UtcDateTime }, t);

    public static Task SetAssetFileAsync(NpgsqlConnection c, NpgsqlTransaction t, string id, string fileId) =>
        c.ExecuteAsync("update vendors.mux_assets set file_id = @fileId where id = @id", new { id, fileId }, t);

    public static Task UpdateAssetAsync(NpgsqlConnection c, NpgsqlTransaction t, string id, string? passthrough, string? meta) =>
        c.ExecuteAsync(
        "update vendors.mux_assets set passthrough = @passthrough, meta = @meta::jsonb where id = @id", new { id, passthrough, meta }, t);

    /// <summary>The row stays for delivery usage; bytes, playback ids and renditions go.</summary>
    public static Task DeleteAssetAsync(NpgsqlConnection c, NpgsqlTransaction t, AssetRow asset, DateTime now) => c.ExecuteAsync(
        """
        update vendors.mux_assets set deleted_at = @now, file_id = null where id = @Id;
        delete from vendors.mux_playback_ids where asset_id = @Id;
        delete from vendors.mux_renditions where asset_id = @Id;
        delete from vendors.files where id = @FileId;
        """, new { asset.Id, asset.FileId, now }, t);

    public static Task InsertPlaybackIdAsync(NpgsqlConnection c, NpgsqlTransaction t, string id, string assetId, string policy) =>
        c.ExecuteAsync(
        "insert into vendors.mux_playback_ids (id, asset_id, policy) values (@id, @assetId, @policy)", new { id, assetId, policy }, t);

    public static Task<PlaybackIdRow?> PlaybackIdAsync(NpgsqlConnection c, string id) => c.QuerySingleOrDefaultAsync<PlaybackIdRow?>(
        "select id as Id, asset_id as AssetId, policy as Policy from vendors.mux_playback_ids where id = @id", new { id });

    public static async Task<ILookup<string, PlaybackIdRow>> PlaybackIdsAsync(
        NpgsqlConnection c, string[] assets, NpgsqlTransaction? t = null) =>
        (await c.QueryAsync<PlaybackIdRow>(
            "select id as Id, asset_id as AssetId, policy as Policy from vendors.mux_playback_ids where asset_id = any(@assets) order by "
                + "seq",
            new { assets }, t)).ToLookup(row => row.AssetId);

    public static async Task<bool> DeletePlaybackIdAsync(NpgsqlConnection c, NpgsqlTransaction t, string assetId, string id) =>
        await c.ExecuteAsync(
        "delete from vendors.mux_playback_ids where id = @id and asset_id = @assetId", new { id, assetId }, t) == 1;

    public static Task InsertRenditionAsync(NpgsqlConnection c, NpgsqlTransaction t, RenditionRow rendition) => c.ExecuteAsync(
        """
        insert into vendors.mux_renditions (id, asset_id, resolution, passthrough, status)
        values (@Id, @AssetId, @Resolution, @Passthrough, @Status)
        """, rendition, t);

    public static async Task<ILookup<string, RenditionRow>> RenditionsAsync(
        NpgsqlConnection c, string[] assets, NpgsqlTransaction? t = null) =>
        (await c.QueryAsync<RenditionRow>(
            """
            select id as Id, asset_id as AssetId, resolution as Resolution, passthrough as Passthrough, status as Status
            from vendors.mux_renditions where asset_id = any(@assets) order by seq
            """, new { assets }, t)).ToLookup(row => row.AssetId);

    public static Task SetRenditionAsync(NpgsqlConnection c, NpgsqlTransaction t, string id, string status) =>
        c.ExecuteAsync("update vendors.mux_renditions set status = @status where id = @id", new { id, status }, t);

    public static async Task<bool> DeleteRenditionAsync(NpgsqlConnection c, NpgsqlTransaction t, string assetId, string id) =>
        await c.ExecuteAsync(
        "delete from vendors.mux_renditions where id = @id and asset_id = @assetId", new { id, assetId }, t) == 1;
}
