using System.Text.Json;
using Portal.Compliance;
using Portal.Compliance.Exports;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance.Exports;

/// <summary>A copy of what is kept of somebody, or of all that the tenant has, on the wire.</summary>
public sealed record ExportJson(
    Guid Id, [OneOf(typeof(SubjectKind))] string Kind, Guid? UserId, string? UserName,
    [About("Of a guest; null once the file is gone.")] string? Email,
    IReadOnlyList<Guid> ViewerIds, [OneOf(typeof(ExportStatus))] string Status,
    [About("Why it waits, or why an attempt failed.")] string? LastError, DateTimeOffset RequestedAt, Guid RequestedById,
    string? RequestedByName, DateTimeOffset? ReadyAt, [About("When the file goes: a week after it was ready.")] DateTimeOffset? ExpiresAt,
    long? SizeBytes, [About("Of the file, in lower-case hexadecimal.")] string? Sha256,
    [About("How many records each file of the zip has.")] IReadOnlyDictionary<string, int> Records, int Version)
{
    public static ExportJson From(Export e) => new(
        e.Id, e.Kind, e.SubjectId, e.SubjectName, e.Address, e.ViewerIds, e.Status, e.LastError, e.RequestedAt, e.RequestedBy,
        e.RequestedByName, e.ReadyAt, e.ExpiresAt, e.SizeBytes, e.Sha256, JsonSerializer.Deserialize<Dictionary<string, int>>(e.Rows)!,
        e.Version);
}

/// <summary>Where the file of an export is for 15 minutes, for whoever has the address.</summary>
public sealed record ExportDownloadJson(string Url, DateTimeOffset ExpiresAt);

public sealed record RequestExportInput : SubjectInput;

public sealed record ListExportsInput : CountedListInput
{
    [OneOf(typeof(ExportStatus))]
    public string? Status { get; init; }
}
