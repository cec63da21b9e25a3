namespace Portal.LocalVendors;

/// <summary>One Vercel Blob store.</summary>
public sealed class LocalBlobOptions : LocalVendorOptions
{
    public string StoreId { get; init; } = "localportalstore";

    /// <summary>The part of the read-write token behind the store's id.</summary>
    public string TokenSecret { get; init; } = "LocalBlobSecret0000000000000000";

    /// <summary>Largest object taken, in bytes.</summary>
    public long MaxObjectBytes { get; init; } = 5L * 1024 * 1024 * 1024;
}
