namespace Portal.Compliance;

/// <summary>How many rows of a table, or of a part of it.</summary>
public sealed record RowCount(string Name, long Rows);

/// <summary>A class of data of one tenant.</summary>
public sealed record ReportedClass(
    string Name, string Classification, string What, string Kept, IReadOnlyList<string> Holders, bool Overseas,
    IReadOnlyList<RowCount> Counts);

/// <summary>The tenant's last seal over its audit log when the report was made.</summary>
public sealed record ReportedSeal(long Number, string Seal, DateTimeOffset SealedAt);

/// <summary>Evidence of where a tenant's data was in a week. No personal values.</summary>
/// <param name="Week">ISO week in the tenant's own zone.</param>
/// <param name="AuditSeal">Null: nothing was sealed yet.</param>
public sealed record ResidencyReport(
    int Format, Guid Id, Guid TenantId, string Week, string TimeZone, DateTimeOffset PeriodStart, DateTimeOffset PeriodEnd,
    DateTimeOffset GeneratedAt,
    IReadOnlyList<ReportedClass> Classes, IReadOnlyList<Processor> Processors, ReportedSeal? AuditSeal);
