using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.Resend;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like Resend's sending API and keeps every message in an inbox: <c>GET /local/inbox</c> for programs, <c>/</c>
/// for people. <c>bounced@</c> and <c>complained@</c> any domain do as they say. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalResend : LocalVendor
{
    private readonly WebhookOutbox outbox;
    private ResendStore store = null!;

    private LocalResend(VendorHost host, LocalResendOptions options)
        : base(host)
    {
        WebhookUrl = options.WebhookUrl;
        WebhookSecret = options.WebhookSecret;
        outbox = new WebhookOutbox(host, Faults, WebhookStyle.Svix(() => WebhookUrl, () => WebhookSecret));
    }

    /// <summary>A bare host and port: the SDK loses a path prefix.</summary>
    public Uri ApiUrl => Address;

    /// <summary>The inbox as a page.</summary>
    public Uri InboxUrl => Address;

    public VendorFaults Faults { get; } = new();

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
    public static async Task<LocalResend> StartAsync(LocalResendOptions options, CancellationToken ct = default)
    {
        var host = await VendorHost.OpenAsync("resend", options, ct);
        var resend = new LocalResend(host, options);
        try
        {
            resend.store = new ResendStore(host);
            var post = new ResendPost(host, options, resend.outbox);
            post.Register();
            var api = new ResendApi(host, options, resend.store, post);
            await host.ServeAsync(
                app =>
                {
                    api.Map(app);
                    new ResendInboxPages(resend.store).Map(app);
                },
                resend.Faults, path => path.StartsWithSegments("/emails", StringComparison.Ordinal), ResendApi.Error, ct);
            return resend;
        }
        catch
        {
            await resend.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every accepted message, oldest first; only those to one address if given.</summary>
    public Task<IReadOnlyList<InboxMessage>> InboxAsync(string? to = null, CancellationToken ct = default) => store.InboxAsync(to, ct);

    /// <summary>Every event so far and how its delivery stands.</summary>
    public Task<IReadOnlyList<WebhookDelivery>> WebhooksAsync(CancellationToken ct = default) => outbox.ListAsync(ct);

    /// <summary>Sends an event once more. False: there is no event with this id.</summary>
    public Task<bool> RepeatWebhookAsync(string eventId, CancellationToken ct = default) => outbox.RepeatAsync(eventId, ct);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        outbox.Dispose();
    }
}
