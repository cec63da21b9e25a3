using Portal.LocalVendors.Blob;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like the part of Vercel Blob that uploads need: put with a read-write or a client token, head, list, delete,
/// presigned reads, the «upload completed» post. What is simplified: infra/vendors/README.md.
/// </summary>
public sealed class LocalBlob : LocalVendor
{
    private readonly BlobCallbacks callbacks;
    private readonly LocalBlobOptions options;

    private LocalBlob(VendorHost host, LocalBlobOptions options)
        : base(host)
    {
        this.options = options;
        callbacks = new BlobCallbacks(host, ReadWriteToken);
    }

    /// <summary>Stands for <c>https://vercel.com/api/blob</c>.</summary>
    public Uri ApiUrl => new(Host.Address + "/api/blob");

    /// <summary>Stands for <c>https://{store}.private.blob.vercel-storage.com</c> (and for the public host).</summary>
    public Uri StoreUrl => new(Host.Address + "/store");

    public string ReadWriteToken => $"vercel_blob_rw_{options.StoreId}_{options.TokenSecret}";

    public VendorFaults Faults { get; } = new();

    /// <summary>Throws <see cref="IOException"/> when the port is taken, and Npgsql's exceptions when the database cannot be
    /// used.</summary>
    public static async Task<LocalBlob> StartAsync(LocalBlobOptions options, CancellationToken ct = default)
    {
        var host = await VendorHost.OpenAsync("blob", options, ct);
        var blob = new LocalBlob(host, options);
        try
        {
            var tokens = new BlobTokens(host, options, blob.ReadWriteToken, await host.FactAsync("signing-secret", () => Ids.New(44), ct));
            blob.callbacks.Register();
            await host.ServeAsync(
                app =>
                {
                    new BlobApi(host, options, tokens, blob.callbacks).Map(app);
                    new BlobObjects(host, tokens).Map(app);
                },
                blob.Faults, path => path.StartsWithSegments("/api/blob", StringComparison.Ordinal)
                    || path.StartsWithSegments("/store", StringComparison.Ordinal), BlobApi.Error, ct);
            return blob;
        }
        catch
        {
            await blob.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        callbacks.Dispose();
    }
}
