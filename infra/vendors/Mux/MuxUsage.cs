using System.Globalization;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Mux;

/// <summary>Delivery usage: seconds served from <c>/stream</c> per asset, 12 hours late, at most 90 days back.</summary>
internal sealed class MuxUsage(VendorHost host)
{
    private static readonly TimeSpan Lag = TimeSpan.FromHours(12);

    public void Map(MuxApi api, WebApplication app) => api.Map(app, "GET", "/video/v1/delivery-usage", ListAsync);

    private async Task<VendorReply> ListAsync(HttpContext context)
    {
        var latest = host.Now - Lag;
        var query = context.Request.Query;
        var window = Window(query["timeframe[]"], latest);
        if (window is not { } span || MuxApi.Paging(context) is not { } paging)
        {
            return MuxApi.Refuse(400, "timeframe[] is two unix times in order, within the last 90 days");
        }
        var until = span.To < latest ? span.To : latest;
        string? assetId = query["asset_id"];
        await using var connection = await host.Data.OpenConnectionAsync(context.RequestAborted);
        var rows = (await connection.QueryAsync<(string Id, double Seconds, DateTime? DeletedAt)>(
            """
            select d.asset_id, sum(d.seconds), max(a.deleted_at)
            from vendors.mux_deliveries d join vendors.mux_assets a on a.id = d.asset_id
            where d.at >= @from and d.at < @until and (@assetId::text is null or d.asset_id = @assetId)
            group by d.asset_id having sum(d.seconds) > 0 order by sum(d.seconds) desc, d.asset_id
            """,
            new { from = span.From.UtcDateTime, until = until.UtcDateTime, assetId = string.IsNullOrEmpty(assetId) ? null : assetId }))
                .AsList();
        var data = new JsonArray();
        foreach (var row in rows.Skip(paging.Skip).Take(paging.Limit))
        {
            var tiers = await connection.QueryAsync<(string? Tier, double Seconds)>(
                """
                select tier, sum(seconds) from vendors.mux_deliveries
                where asset_id = @id and at >= @from and at < @until group by tier order by tier
                """, new { id = row.Id, from = span.From.UtcDateTime, until = until.UtcDateTime });
            data.Add((JsonNode)await ReportAsync(connection, row.Id, row.Seconds, tiers, row.DeletedAt));
        }
        return new VendorReply(200, new JsonObject
        {
            ["total_row_count"] = rows.Count,
            ["timeframe"] = new JsonArray(span.From.ToUnixTimeSeconds(), span.To.ToUnixTimeSeconds()),
            ["limit"] = paging.Limit,
            ["data"] = data,
        });
    }

    private static async Task<JsonObject> ReportAsync(
        Npgsql.NpgsqlConnection connection, string id, double seconds, IEnumerable<(string? Tier, double Seconds)> tiers,
        DateTime? deletedAt)
    {
        var asset = await connection.QuerySingleAsync<AssetRow>(
            $"select {AssetRow.Columns} from vendors.mux_assets where id = @id", new { id });
        var media = MuxJson.Media(asset);
        var tier = media is null ? "720p" : MuxJson.Tier(media);
        var byTier = new JsonObject();
        foreach (var of in tiers.GroupBy(of => of.Tier ?? tier))
        {
            byTier["tier_" + of.Key.Replace('-', '_')] = Math.Round(of.Sum(one => one.Seconds), 3);
        }
        var json = new JsonObject
        {
            ["asset_id"] = id,
            ["created_at"] = Unix(asset.CreatedAt),
            ["asset_state"] = deletedAt is null ? asset.Status : "deleted",
            ["asset_duration"] = media?.Duration ?? 0,
            ["asset_resolution_tier"] = tier,
            ["asset_video_quality"] = asset.SettingsObject()["video_quality"]?.DeepClone() ?? "plus",
            ["delivered_seconds"] = Math.Round(seconds, 3),
            ["delivered_seconds_by_resolution"] = byTier,
        };
        if (asset.Passthrough is { } passthrough)
        {
            json["passthrough"] = passthrough;
        }
        if (deletedAt is { } gone)
        {
            json["deleted_at"] = Unix(gone);
        }
        return json;
    }

    // Without a timeframe: the last full hour there is data for.
    private (DateTimeOffset From, DateTimeOffset To)? Window(Microsoft.Extensions.Primitives.StringValues given, DateTimeOffset latest)
    {
        if (given.Count == 0)
        {
            var hour = new DateTimeOffset(latest.Year, latest.Month, latest.Day, latest.Hour, 0, 0, TimeSpan.Zero);
            return (hour.AddHours(-1), hour);
        }
        return given.Count == 2 && Time(given[0]) is { } from && Time(given[1]) is { } to && from < to && from >= host.Now.AddDays(-90)
            ? (from, to)
            : null;
    }

    private static DateTimeOffset? Time(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253402300799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static string Unix(DateTime at) =>
        new DateTimeOffset(at, TimeSpan.Zero).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
