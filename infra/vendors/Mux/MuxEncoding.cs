using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.Media;

namespace Portal.LocalVendors.Mux;

/// <summary>
/// Scheduled work on assets: fetch the input, then «encode» (wait, inspect the real file), then settle; renditions follow.
/// </summary>
/// <remarks>Each step is one due row; the state change, its event and the next row commit together.</remarks>
internal sealed class MuxEncoding(VendorHost host, LocalMuxOptions options, LocalMuxEvents events)
{
    public const string FetchKind = "fetch";
    public const string EncodeKind = "encode";
    public const string RenditionKind = "rendition";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public void Register()
    {
        host.Work.On(FetchKind, FetchAsync);
        host.Work.On(EncodeKind, EncodeAsync);
        host.Work.On(RenditionKind, RenderAsync);
    }

    private async Task<DateTimeOffset?> FetchAsync(DueRow due, NpgsqlConnection c, NpgsqlTransaction t, CancellationToken ct)
    {
        if (await MuxStore.AssetAsync(c, due.Subject, t) is not { Status: "preparing" } asset)
        {
            return null;
        }
        var (fileId, problem) = await DownloadAsync(asset.InputUrl!, ct);
        if (fileId is null)
        {
            await FailAsync(c, t, asset, problem);
            return null;
        }
        await MuxStore.SetAssetFileAsync(c, t, asset.Id, fileId);
        await host.Work.ScheduleAsync(c, t, EncodeKind, asset.Id, asset.CreatedAt + options.EncodingTime);
        return null;
    }

    private async Task<(string? FileId, string Problem)> DownloadAsync(string url, CancellationToken ct)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var from) || from.Scheme is not ("http" or "https"))
        {
            return (null, "The input URL is not an http or https address.");
        }
        try
        {
            using var response = await Http.GetAsync(from, HttpCompletionOption.ResponseHeadersRead, ct);
            if (!response.IsSuccessStatusCode)
            {
                return (null, $"Failed to download the input file: the server answered {(int)response.StatusCode}.");
            }
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            var saved = await host.Files.SaveAsync(body, options.MaxUploadBytes, ct);
            return saved is { } file ? (file.Id, "") : (null, "The input file is too large.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, "Failed to download the input file: no connection to the server.");
        }
    }

    private async Task<DateTimeOffset?> EncodeAsync(DueRow due, NpgsqlConnection c, NpgsqlTransaction t, CancellationToken ct)
    {
        if (await MuxStore.AssetAsync(c, due.Subject, t, locked: true) is not { Status: "preparing", FileId: { } fileId } asset)
        {
            return null;
        }
        MediaInfo media;
        try
        {
            var size = await host.Files.SizeAsync(fileId, ct) ?? 0;
            media = await Mp4.InspectAsync(size, (offset, count) => host.Files.ReadAsync(fileId, offset, count, ct));
        }
        catch (UnreadableMediaException e)
        {
            await FailAsync(c, t, asset, e.Message);
            return null;
        }
        if (asset.PlannedError is { } planned)
        {
            await ErrorAsync(c, t, asset, planned);
            return null;
        }
        await MuxStore.SettleAssetAsync(c, t, asset.Id, "ready", JsonSerializer.Serialize(media), null, host.Now);
        var settled = (await MuxStore.AssetAsync(c, asset.Id, t))!;
        await events.AssetAsync(c, t, "video.asset.ready", settled);
        foreach (var rendition in (await MuxStore.RenditionsAsync(c, [asset.Id], t))[asset.Id])
        {
            await host.Work.ScheduleAsync(c, t, RenditionKind, $"{asset.Id}/{rendition.Id}", host.Now + options.EncodingTime);
        }
        return null;
    }

    private Task FailAsync(NpgsqlConnection c, NpgsqlTransaction t, AssetRow asset, string message) => ErrorAsync(
        c, t, asset, VendorReply.Text(new JsonObject { ["type"] = "invalid_input", ["messages"] = new JsonArray(message) }));

    private async Task ErrorAsync(NpgsqlConnection c, NpgsqlTransaction t, AssetRow asset, string errors)
    {
        if (await MuxStore.SettleAssetAsync(c, t, asset.Id, "errored", null, errors) == 1)
        {
            await events.AssetAsync(c, t, "video.asset.errored", (await MuxStore.AssetAsync(c, asset.Id, t))!);
        }
    }

    private async Task<DateTimeOffset?> RenderAsync(DueRow due, NpgsqlConnection c, NpgsqlTransaction t, CancellationToken ct)
    {
        var ids = due.Subject.Split('/');
        var asset = await MuxStore.AssetAsync(c, ids[0], t);
        var rendition = (await MuxStore.RenditionsAsync(c, [ids[0]], t))[ids[0]].FirstOrDefault(
            row => row.Id == ids[1] && row.Status == "preparing");
        if (asset is not { Status: "ready", FileId: { } fileId } || rendition is null || MuxJson.Media(asset) is not { } media)
        {
            return null;
        }
        var status = Fits(rendition.Resolution, media) ? "ready" : "skipped";
        await MuxStore.SetRenditionAsync(c, t, rendition.Id, status);
        var done = new RenditionRow
        {
            Id = rendition.Id,
            AssetId = asset.Id,
            Resolution = rendition.Resolution,
            Passthrough = rendition.Passthrough,
            Status = status,
        };
        await events.RenditionAsync(
            c, t, $"video.asset.static_rendition.{status}", asset, done, await host.Files.SizeAsync(fileId, ct) ?? 0);
        return null;
    }

    // Mux makes nothing larger than the input.
    private static bool Fits(string resolution, MediaInfo media) => resolution switch
    {
        "highest" => media.HasVideo,
        "audio-only" => media.HasAudio,
        _ =>
            media.HasVideo
                && int.Parse(
                    resolution.TrimEnd('p'), System.Globalization.CultureInfo.InvariantCulture) <= Math.Min(media.Width, media.Height),
    };
}
