using Portal.LocalVendors.Blob;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>
/// A server that behaves like the part of Vercel Blob that uploads need: put with a read-write or a client token, whole or in
/// parts, head, list, delete, presigned reads, the «upload completed» post. What is simplified: infra/vendors/README.md.
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

    public static Task<LocalBlob> StartAsync(LocalBlobOptions options, CancellationToken ct = default) =>
        StartAsync("blob", options, host => new LocalBlob(host, options), ct);

    private protected override async Task<VendorApi> PrepareAsync(CancellationToken ct)
    {
        var tokens = new LocalBlobTokens(Host, options, ReadWriteToken, await Host.FactAsync("signing-secret", () => Ids.New(44), ct));
        callbacks.Register();
        return new VendorApi(
            app =>
            {
                new BlobApi(Host, options, tokens, callbacks).Map(app);
                new BlobObjects(Host, tokens).Map(app);
            },
            BlobApi.Error, "/api/blob", "/store");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        callbacks.Dispose();
    }
}
