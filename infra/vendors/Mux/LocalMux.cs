using System.Text;
using System.Text.Json.Nodes;
using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.Mux;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like Mux Video: API, direct uploads, encoding by the clock, webhooks, signed delivery. One server; the
/// paths <c>/stream</c> and <c>/image</c> stand for stream.mux.com and image.mux.com. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalMux : LocalVendor
{
    private readonly WebhookOutbox outbox;

    private LocalMux(VendorHost host, LocalMuxOptions options)
        : base(host)
    {
        WebhookUrl = options.WebhookUrl;
        WebhookSecret = options.WebhookSecret;
        outbox = new WebhookOutbox(host, Faults, new WebhookStyle
        {
            Endpoint = () => WebhookUrl,
            Sign = Sign,
            Timeout = TimeSpan.FromSeconds(5),
            Gaps = MuxWebhookSender.RetryGaps,
            UserAgent = "Mux",
            HeldBack = type => Faults.ShuffleWebhooks && type is "video.upload.asset_created" or "video.asset.created",
            Releases = type => type is "video.asset.ready" or "video.asset.errored" or "video.asset.deleted",
        });
    }

    /// <summary>Base of <c>/video/v1</c> and <c>/system/v1</c>.</summary>
    public Uri ApiUrl => Address;

    /// <summary>Stands for <c>https://stream.mux.com</c>; no trailing slash when used as text with one path more.</summary>
    public Uri StreamUrl => new(Host.Address + "/stream");

    /// <summary>Stands for <c>https://image.mux.com</c>.</summary>
    public Uri ImageUrl => new(Host.Address + "/image");

    public MuxFaults Faults { get; } = new();

    /// <summary>Where this process delivers events to; while null, events wait (or another process on the database delivers
    /// them).</summary>
    public Uri? WebhookUrl
    {
        get;
        set
        {
            field = value;
            Host.Work.Signal();
        }
    }

    public string WebhookSecret { get; set; }

    /// <summary>Throws <see cref="IOException"/> when the port is taken, and Npgsql's exceptions when the database cannot be
    /// used.</summary>
    public static async Task<LocalMux> StartAsync(LocalMuxOptions options, CancellationToken ct = default)
    {
        var host = await VendorHost.OpenAsync("mux", options, ct);
        var mux = new LocalMux(host, options);
        try
        {
            var events = new MuxEvents(host, mux.outbox, await host.FactAsync("environment", () => Ids.New(6).ToLowerInvariant(), ct));
            var birth = new MuxAssetCreation(host, options, mux.Faults, events);
            var encoding = new MuxEncoding(host, options, events);
            encoding.Register();
            var api = new MuxApi(host, options);
            await host.ServeAsync(
                app =>
                {
                    new MuxUploads(host, events).Map(api, app);
                    new MuxUploadBytes(host, options, birth, events).Map(app);
                    new MuxAssets(host, birth, events).Map(api, app);
                    new MuxPlaybackIds(host, events).Map(api, app);
                    new MuxRenditions(host, options, events).Map(api, app);
                    new MuxKeys(host).Map(api, app);
                    new MuxUsage(host).Map(api, app);
                    new MuxDelivery(host).Map(app);
                },
                mux.Faults, MuxApi.Owns, MuxApi.Error, ct);
            return mux;
        }
        catch
        {
            await mux.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every event so far and how its delivery stands.</summary>
    public Task<IReadOnlyList<WebhookDelivery>> WebhooksAsync(CancellationToken ct = default) => outbox.ListAsync(ct);

    /// <summary>Sends an event once more. False: there is no event with this id.</summary>
    public Task<bool> RepeatWebhookAsync(string eventId, CancellationToken ct = default) => outbox.RepeatAsync(eventId, ct);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        outbox.Dispose();
    }

    // A retry tells of the tries before it.
    private (byte[] Body, IEnumerable<(string Name, string Value)> Headers) Sign(WebhookRow row, DateTimeOffset at)
    {
        var envelope = JsonNode.Parse(row.Body)!.AsObject();
        envelope["attempts"] = JsonNode.Parse(row.Attempts);
        var body = Encoding.UTF8.GetBytes(Reply.Text(envelope));
        return (body, [("Mux-Signature", MuxWebhookSender.Sign(WebhookSecret, at, body))]);
    }
}
