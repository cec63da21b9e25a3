using System.Globalization;
using System.Text.Json.Nodes;

namespace Portal.LocalVendors.Blob;

internal sealed record BlobRow
{
    public const string Columns =
        """
        pathname as Pathname, file_id as FileId, access as Access, content_type as ContentType, content_disposition as ContentDisposition,
        cache_control as CacheControl, etag as Etag, size as Size, uploaded_at as UploadedAt
        """;

    public string Pathname { get; init; } = "";

    public string FileId { get; init; } = "";

    public string Access { get; init; } = "";

    public string ContentType { get; init; } = "";

    public string ContentDisposition { get; init; } = "";

    public string CacheControl { get; init; } = "";

    public string Etag { get; init; } = "";

    public long Size { get; init; }

    public DateTime UploadedAt { get; init; }

    /// <summary>As a put answers; <paramref name="full"/> adds what head and list tell.</summary>
    public JsonObject Json(string address, bool full)
    {
        var url = $"{address}/store/{string.Join('/', Pathname.Split('/').Select(Uri.EscapeDataString))}";
        var json = new JsonObject
        {
            ["url"] = url,
            ["downloadUrl"] = url + "?download=1",
            ["pathname"] = Pathname,
            ["contentType"] = ContentType,
            ["contentDisposition"] = ContentDisposition,
            ["etag"] = Etag,
        };
        if (full)
        {
            json["size"] = Size;
            json["uploadedAt"] = UploadedAt.ToString("yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            json["cacheControl"] = CacheControl;
        }
        return json;
    }
}
