using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.Media;

namespace Portal.LocalVendors.Mux;

/// <summary>
/// Usage exports: a CSV file for each day (UTC) with a row for an asset that used anything, there from eight in the morning of the next
/// day on, behind links that end. Files are made when they are asked for: what comes late is in them. The columns' names are ours.
/// </summary>
internal sealed class MuxUsageFiles(VendorHost host, LocalMuxOptions options, MuxFaults faults)
{
    public const string Files = "/usage-exports";

    private const int MostDays = 400;

    private static readonly TimeSpan ThereAfter = TimeSpan.FromHours(8);
    private static readonly TimeSpan LinkLives = TimeSpan.FromHours(1);
    private static readonly string[] Tiers = ["720p", "1080p", "1440p", "2160p", "audio-only"];

    public void Map(MuxApi api, WebApplication app)
    {
        api.Map(app, "GET", "/system/v1/usage-exports", ListAsync, ofSystem: true);
        app.MapGet(Files + "/{day}.csv", FileAsync);
    }

    private async Task<VendorReply> ListAsync(HttpContext context)
    {
        if (faults.NoUsageExports)
        {
            return MuxApi.Refuse(403, "Usage exports are not available for this account.");
        }
        if (MuxApi.Paging(context) is not { } paging || Window(context.Request.Query["timeframe[]"]) is not { } window)
        {
            return MuxApi.Refuse(400, "timeframe[] is two unix times in order");
        }
        var expires = host.Now + LinkLives;
        if (faults.EndedUsageLinks > 0)
        {
            faults.EndedUsageLinks--;
            expires = host.Now;
        }
        var days = (await DaysAsync(context.RequestAborted)).Where(day => day >= window.From && day < window.To).ToList();
        var data = new JsonArray();
        foreach (var day in days.Skip(paging.Skip).Take(paging.Limit))
        {
            var bytes = Encoding.UTF8.GetByteCount(await TextAsync(day, context.RequestAborted));
            data.Add((JsonNode)new JsonObject
            {
                ["date"] = Text(day),
                ["file_size"] = bytes,
                ["download_url"] = $"{host.Address}{Files}/{Text(day)}.csv?expires={expires.ToUnixTimeSeconds()}"
                    + $"&signature={Sign(day, expires)}",
                ["download_url_expires_at"] = expires.ToUnixTimeSeconds(),
            });
        }
        return new VendorReply(200, new JsonObject
        {
            ["data"] = data,
            ["meta"] = new JsonObject
            {
                ["page"] = (paging.Skip / paging.Limit) + 1,
                ["pages"] = (days.Count + paging.Limit - 1) / paging.Limit,
                ["limit"] = paging.Limit,
                ["total"] = days.Count,
            },
        });
    }

    private async Task FileAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!DateOnly.TryParseExact(context.Route("day"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            || !long.TryParse(query["expires"], NumberStyles.None, CultureInfo.InvariantCulture, out var unix) || unix > 253402300799
            || unix <= host.Now.ToUnixTimeSeconds() || query["signature"] != Sign(day, DateTimeOffset.FromUnixTimeSeconds(unix)))
        {
            context.Response.StatusCode = 403;
            context.Response.ContentType = "application/xml";
            await context.Response.WriteAsync("<Error><Code>AccessDenied</Code></Error>", context.RequestAborted);
            return;
        }
        context.Response.ContentType = "text/csv";
        await context.Response.WriteAsync(await TextAsync(day, context.RequestAborted), context.RequestAborted);
    }

    /// <summary>The newest first; from the first asset on.</summary>
    private async Task<IReadOnlyList<DateOnly>> DaysAsync(CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var first = await connection.QuerySingleAsync<DateTime?>("select min(created_at) from vendors.mux_assets");
        var newest = DateOnly.FromDateTime((host.Now - ThereAfter).UtcDateTime).AddDays(-1);
        var oldest = DateOnly.FromDateTime((host.Now - TimeSpan.FromDays(MostDays)).UtcDateTime);
        if (first is null)
        {
            return [];
        }
        var since = DateOnly.FromDateTime(first.Value);
        var days = newest.DayNumber - (since > oldest ? since : oldest).DayNumber + 1;
        return [.. Enumerable.Range(0, Math.Max(0, days)).Select(back => newest.AddDays(-back))];
    }

    private async Task<string> TextAsync(DateOnly day, CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var start = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        var until = start.AddDays(1);
        var environment = await connection.QuerySingleOrDefaultAsync<string>(
            "select value from vendors.facts where vendor = 'mux' and name = 'environment'");
        var assets = await connection.QueryAsync<UsedAsset>(
            """
            select a.id, a.meta ->> 'creator_id' as creator, a.media::text as media, coalesce(a.ready_at, a.created_at) as since,
                   a.deleted_at as gone
            from vendors.mux_assets a where a.created_at < @until and a.media is not null order by a.seq
            """, new { until });
        var played = (await connection.QueryAsync<(string Id, string? Tier, double Seconds)>(
            "select asset_id, tier, sum(seconds) from vendors.mux_deliveries where at >= @start and at < @until group by asset_id, tier",
            new { start, until })).ToLookup(of => of.Id);
        var text = new StringBuilder("asset_id,environment_id,creator_id,resolution_tier,input_seconds,storage_seconds")
            .AppendJoin("", Tiers.Select(tier => $",delivery_seconds_{tier.Replace('-', '_')}")).Append("\r\n");
        foreach (var asset in assets)
        {
            var media = JsonSerializer.Deserialize<MediaInfo>(asset.Media)!;
            var own = MuxJson.Tier(media);
            var (from, to) = (Later(asset.Since, start), asset.Gone is { } gone && gone < until ? gone : until);
            decimal[] numbers =
            [
                asset.Since >= start && asset.Since < until ? (decimal)media.Duration : 0,
                to > from ? (decimal)media.Duration * (to - from).Ticks / TimeSpan.TicksPerDay : 0,
                .. Tiers.Select(tier => (decimal)played[asset.Id].Where(of => (of.Tier ?? own) == tier).Sum(of => of.Seconds)),
            ];
            if (numbers.Any(number => number > 0))
            {
                string[] fields = [asset.Id, environment ?? "local", asset.Creator ?? "", own, .. numbers.Select(Number)];
                text.AppendJoin(',', fields).Append("\r\n");
            }
        }
        return faults.AlterUsageExport?.Invoke(day, text.ToString()) ?? text.ToString();
    }

    private string Sign(DateOnly day, DateTimeOffset expires) => Convert.ToHexStringLower(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(options.SystemTokenSecret), Encoding.UTF8.GetBytes($"{Text(day)} {expires.ToUnixTimeSeconds()}")));

    // Without a timeframe: all there are.
    private (DateOnly From, DateOnly To)? Window(Microsoft.Extensions.Primitives.StringValues given) =>
        given.Count == 0 ? (DateOnly.MinValue, DateOnly.MaxValue)
        : given.Count == 2 && Day(given[0]) is { } from && Day(given[1]) is { } to && from < to ? (from, to)
        : null;

    private static DateOnly? Day(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253402300799
            ? DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime)
            : null;

    private static DateTime Later(DateTime a, DateTime b) => a > b ? a : b;

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Number(decimal number) => Math.Round(number, 6).ToString(CultureInfo.InvariantCulture);

    private sealed record UsedAsset
    {
        public string Id { get; init; } = "";

        public string? Creator { get; init; }

        public string Media { get; init; } = "{}";

        public DateTime Since { get; init; }

        public DateTime? Gone { get; init; }
    }
}
