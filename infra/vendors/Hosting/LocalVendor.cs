using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>What all local vendors offer to launchers and tests, and how they start.</summary>
public abstract class LocalVendor : IAsyncDisposable
{
    private protected LocalVendor(VendorHost host, VendorFaults? faults = null)
    {
        Host = host;
        Faults = faults ?? new();
    }

    /// <summary>Where it listens: loopback, no path.</summary>
    public Uri Address => new(Host.Address);

    /// <summary>Also at <c>/local/faults</c>, for drills.</summary>
    public VendorFaults Faults { get; }

    /// <summary>What was asked of this process's server.</summary>
    public RequestLog Requests => Host.Requests;

    /// <summary>Grows with each request that was answered and each piece of scheduled work that was begun.</summary>
    public long Activity => Host.Requests.Added + Host.Work.Begun;

    private protected VendorHost Host { get; }

    /// <summary>
    /// Completes when no scheduled work (encoding, webhooks) is due by the clock and none runs. Work another process holds does not count.
    /// Throws <see cref="TimeoutException"/> after 30 s of real time, or the given limit.
    /// </summary>
    public Task WhenIdleAsync(TimeSpan? limit = null) => Host.Work.WhenIdleAsync(limit ?? TimeSpan.FromSeconds(30));

    public virtual async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Throws <see cref="IOException"/> when the port is taken, and Npgsql's exceptions when the database cannot be
    /// used.</summary>
    private protected static async Task<T> StartAsync<T>(
        string name, LocalVendorOptions options, Func<VendorHost, T> make, CancellationToken ct)
        where T : LocalVendor
    {
        var vendor = make(await VendorHost.OpenAsync(name, options, ct));
        try
        {
            await vendor.Host.ServeAsync(await vendor.PrepareAsync(ct), vendor.Faults, ct);
            return vendor;
        }
        catch
        {
            await vendor.DisposeAsync();
            throw;
        }
    }

    private protected abstract Task<VendorApi> PrepareAsync(CancellationToken ct);
}

/// <summary>A vendor that tells of what happened by webhook.</summary>
public abstract class LocalWebhookVendor : LocalVendor
{
    private protected LocalWebhookVendor(
        VendorHost host, Uri? url, string secret, Func<LocalWebhookVendor, WebhookStyle> style, VendorFaults? faults = null)
        : base(host, faults)
    {
        WebhookUrl = url;
        WebhookSecret = secret;
        Outbox = new WebhookOutbox(host, Faults, style(this));
    }

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

    /// <summary>What events are signed with just now.</summary>
    internal string SigningSecret => Faults.WrongSignatures ? "whsec_YW5vdGhlciBzZWNyZXQgdGhhbiB0aGUgYXBwJ3M=" : WebhookSecret;

    private protected WebhookOutbox Outbox { get; }

    /// <summary>Every event so far and how its delivery stands.</summary>
    public Task<IReadOnlyList<WebhookDelivery>> WebhooksAsync(CancellationToken ct = default) => Outbox.ListAsync(ct);

    /// <summary>Sends an event once more. False: there is no event with this id.</summary>
    public Task<bool> RepeatWebhookAsync(string eventId, CancellationToken ct = default) => Outbox.RepeatAsync(eventId, ct);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Outbox.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What a vendor serves. Planned faults concern the paths below <paramref name="Paths"/> alone.</summary>
internal sealed record VendorApi(Action<WebApplication> Map, Func<int, string, JsonNode> Error, params string[] Paths);
