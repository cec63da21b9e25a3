using System.Text;
using System.Text.Json.Nodes;
using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.Mux;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like Mux Video: API, direct uploads, encoding by the clock, webhooks, signed delivery. One server; the
/// paths <c>/stream</c> and <c>/image</c> stand for stream.mux.com and image.mux.com. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalMux : LocalWebhookVendor
{
    private readonly LocalMuxOptions options;

    private LocalMux(VendorHost host, LocalMuxOptions options, MuxFaults faults)
        : base(host, options.WebhookUrl, options.WebhookSecret, mux => new WebhookStyle
        {
            Endpoint = () => mux.WebhookUrl,
            Sign = (row, at) => Sign(mux.SigningSecret, row, at),
            Timeout = TimeSpan.FromSeconds(5),
            Gaps = MuxWebhookSender.RetryGaps,
            UserAgent = "Mux",
            HeldBack = type => faults.ShuffleWebhooks && type is "video.upload.asset_created" or "video.asset.created",
            Releases = type => type is "video.asset.ready" or "video.asset.errored" or "video.asset.deleted",
        }, faults)
    {
        this.options = options;
        Faults = faults;
    }

    /// <summary>Base of <c>/video/v1</c> and <c>/system/v1</c>.</summary>
    public Uri ApiUrl => Address;

    /// <summary>Stands for <c>https://stream.mux.com</c>; no trailing slash when used as text with one path more.</summary>
    public Uri StreamUrl => new(Host.Address + "/stream");

    /// <summary>Stands for <c>https://image.mux.com</c>.</summary>
    public Uri ImageUrl => new(Host.Address + "/image");

    public new MuxFaults Faults { get; }

    public static Task<LocalMux> StartAsync(LocalMuxOptions options, CancellationToken ct = default) =>
        StartAsync("mux", options, host => new LocalMux(host, options, new MuxFaults()), ct);

    private protected override async Task<VendorApi> PrepareAsync(CancellationToken ct)
    {
        var events = new LocalMuxEvents(Host, Outbox, await Host.FactAsync("environment", () => Ids.New(6).ToLowerInvariant(), ct));
        var creation = new MuxAssetCreation(Host, options, Faults, events);
        new MuxEncoding(Host, options, events).Register();
        var api = new MuxApi(Host, options);
        return new VendorApi(
            app =>
            {
                new MuxUploads(Host, events).Map(api, app);
                new MuxUploadBytes(Host, options, creation, events).Map(app);
                new MuxAssets(Host, creation, events).Map(api, app);
                new MuxPlaybackIds(Host, events).Map(api, app);
                new MuxRenditions(Host, options, events).Map(api, app);
                new MuxKeys(Host, options).Map(api, app);
                new MuxUsage(Host).Map(api, app);
                new MuxUsageFiles(Host, options, Faults).Map(api, app);
                new MuxDelivery(Host).Map(app);
            },
            MuxApi.Error, "/video", "/system", MuxUsageFiles.Files);
    }

    // A retry tells of the tries before it.
    private static (byte[] Body, IEnumerable<(string Name, string Value)> Headers) Sign(string secret, WebhookRow row, DateTimeOffset at)
    {
        var envelope = JsonNode.Parse(row.Body)!.AsObject();
        envelope["attempts"] = JsonNode.Parse(row.Attempts);
        var body = Encoding.UTF8.GetBytes(VendorReply.Text(envelope));
        return (body, [("Mux-Signature", MuxWebhookSender.Sign(secret, at, body))]);
    }
}
