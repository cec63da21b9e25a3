using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>What all local vendors offer to launchers and tests.</summary>
public abstract class LocalVendor : IAsyncDisposable
{
    private protected LocalVendor(VendorHost host) => Host = host;

    /// <summary>Where it listens: loopback, no path.</summary>
    public Uri Address => new(Host.Address);

    /// <summary>What was asked of this process's server.</summary>
    public RequestLog Requests => Host.Requests;

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
}
