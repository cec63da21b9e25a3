using Portal.Compliance.Reviews;

namespace Portal.Compliance;

/// <summary>How many rows of a table, or of a part of it.</summary>
public sealed record RowCount(string Name, long Rows);

/// <summary>A class of data of one tenant.</summary>
public sealed record ReportedClass(
    string Name, string Classification, string What, string Kept, IReadOnlyList<string> Holders, bool Overseas,
    IReadOnlyList<RowCount> Counts);

/// <summary>Where videos lie, as far as our rows and the vendors' answers say.</summary>
public static class VideoPlace
{
    /// <summary>The original, in the Blob store in Sydney; nothing of it is at Mux.</summary>
    public const string Original = "original";

    /// <summary>At Mux alone.</summary>
    public const string Mux = "mux";

    /// <summary>The original in Sydney, and at Mux.</summary>
    public const string Both = "both";

    /// <summary>On its way: not all of it has arrived anywhere.</summary>
    public const string Moving = "moving";

    /// <summary>Deleted, or it never came: only what is known of it is left.</summary>
    public const string Neither = "neither";

    public static IReadOnlyList<string> All { get; } = [Original, Mux, Both, Moving, Neither];
}

/// <summary>The versions of videos that lie in one place.</summary>
/// <param name="Place">One of <see cref="VideoPlace"/>.</param>
/// <param name="Bytes">Of the originals, as they were uploaded; what Mux makes of them it does not say. On the way: what was announced.
/// </param>
public sealed record VideoCount(string Place, long Videos, long Bytes);

/// <summary>A vendor that processes data for us, with what it holds and what it has promised.</summary>
/// <param name="DataClasses">Names of <see cref="ReportedClass"/>; null: in a report of format 1.</param>
/// <param name="Agreement">Null: in a report of format 1.</param>
public sealed record ReportedProcessor(
    string Name, string Purpose, string Region, bool Overseas, string Receives, IReadOnlyList<string>? DataClasses = null,
    string? Agreement = null)
{
    public static ReportedProcessor Of(RegisteredVendor vendor) => new(
        vendor.Processor.Name, vendor.Processor.Purpose, vendor.Processor.Region, vendor.Processor.Overseas, vendor.Processor.Receives,
        vendor.Classes, vendor.Agreement);
}

/// <summary>The tenant's last seal over its audit log when the report was made.</summary>
public sealed record ReportedSeal(long Number, string Seal, DateTimeOffset SealedAt);

/// <summary>Evidence of where a tenant's data was in a week. No personal values.</summary>
/// <param name="Format">2; 1 was without videos and undeclared tables.</param>
/// <param name="Week">ISO week in the tenant's own zone.</param>
/// <param name="AuditSeal">Null: nothing was sealed yet.</param>
/// <param name="Videos">One of each place; null: in a report of format 1.</param>
/// <param name="Undeclared">Tables whose data no class declares: of these the report does not speak. Null: in a report of format 1.
/// </param>
public sealed record ResidencyReport(
    int Format, Guid Id, Guid TenantId, string Week, string TimeZone, DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd,
    DateTimeOffset GeneratedAt,
    IReadOnlyList<ReportedClass> Classes, IReadOnlyList<ReportedProcessor> Processors, ReportedSeal? AuditSeal,
    IReadOnlyList<VideoCount>? Videos = null, IReadOnlyList<string>? Undeclared = null)
{
    public const int CurrentFormat = 2;
}
