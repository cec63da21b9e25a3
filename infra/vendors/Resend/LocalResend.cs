using Portal.LocalVendors.Hosting;
using Portal.LocalVendors.Resend;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like Resend's sending API and keeps every message in an inbox: <c>GET /local/inbox</c> for programs, <c>/</c>
/// for people. <c>bounced@</c> and <c>complained@</c> any domain do as they say. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalResend : LocalWebhookVendor
{
    private readonly LocalResendOptions options;
    private readonly ResendStore store;

    private LocalResend(VendorHost host, LocalResendOptions options)
        : base(
            host, options.WebhookUrl, options.WebhookSecret,
            resend => WebhookStyle.Svix(() => resend.WebhookUrl, () => resend.SigningSecret))
    {
        this.options = options;
        store = new ResendStore(host);
    }

    /// <summary>A bare host and port: the SDK loses a path prefix.</summary>
    public Uri ApiUrl => Address;

    /// <summary>The inbox as a page.</summary>
    public Uri InboxUrl => Address;

    public static Task<LocalResend> StartAsync(LocalResendOptions options, CancellationToken ct = default) =>
        StartAsync("resend", options, host => new LocalResend(host, options), ct);

    /// <summary>Every accepted message, oldest first; only those to one address if given.</summary>
    public Task<IReadOnlyList<InboxMessage>> InboxAsync(string? to = null, CancellationToken ct = default) => store.InboxAsync(to, ct);

    private protected override async Task<VendorApi> PrepareAsync(CancellationToken ct)
    {
        var post = new ResendPost(Host, options, Outbox);
        post.Register();
        var domain = await Host.FactAsync("domain", () => Guid.NewGuid().ToString(), ct);
        var since = await Host.FactAsync("domain-since", () => ResendApi.Time(Host.Now.UtcDateTime), ct);
        var api = new ResendApi(Host, options, store, post, (domain, since));
        return new VendorApi(
            app =>
            {
                api.Map(app);
                new ResendInboxPages(store).Map(app);
            },
            ResendApi.Error, "/emails", "/domains");
    }
}
