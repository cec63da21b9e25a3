using Portal.Foundation.Faults;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Exports;

/// <summary>requested → running → ready → expired; running → failed → running (docs/states.md).</summary>
public static class ExportStatus
{
    public const string Requested = "requested";
    public const string Running = "running";
    public const string Ready = "ready";

    /// <summary>Tried again an hour later.</summary>
    public const string Failed = "failed";

    /// <summary>The file is gone.</summary>
    public const string Expired = "expired";
}

/// <summary>A copy of what is kept of somebody.</summary>
/// <param name="SubjectId">The user; null: a guest, or the tenant.</param>
/// <param name="Address">Of a guest, while there is a file. Of a person it is not needed.</param>
/// <param name="ViewerIds">Viewers of share links that are the guest: an address and a viewer stand in no row together.</param>
/// <param name="Pathname">In the private store: noted before the file is sent.</param>
/// <param name="Rows">How many records are in each file, as a JSON object.</param>
/// <param name="ExpiresAt">When the file goes.</param>
public sealed record Export(
    Guid Id, TenantId TenantId, string Kind, Guid? SubjectId, string? Address, string? AddressHash, Guid[] ViewerIds, string Status,
    int Attempt, string? LastError, Guid RequestedBy, DateTimeOffset RequestedAt, string? Pathname, long? SizeBytes, string? Sha256,
    string Rows, DateTimeOffset? ReadyAt, DateTimeOffset? ExpiresAt, int Version, string? SubjectName, string? RequestedByName)
{
    public ExportRef Ref => new(TenantId.Value, Id, Attempt);
}

/// <summary>Whose data to export, before there is a request.</summary>
public sealed record NewExport(string Kind, UserId? Subject, string? Address, IReadOnlyList<Guid> Viewers);

/// <summary>One attempt of an export: all that its orchestration is told, so that Durable's history holds ids only.</summary>
public sealed record ExportRef(Guid TenantId, Guid ExportId, int Attempt)
{
    public string InstanceId => $"export-{ExportId}-{Attempt}";

    public TenantId Tenant => new(TenantId);
}

/// <summary>A file as it lies in the store.</summary>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Rows">How many records are in each of its files.</param>
public sealed record ExportedFile(long SizeBytes, string Sha256, IReadOnlyDictionary<string, int> Rows);

/// <summary>Starts the orchestration that makes an export.</summary>
public interface IExportStarter
{
    Task<StartedOnce> StartOnceAsync(ExportRef export, CancellationToken ct);
}
