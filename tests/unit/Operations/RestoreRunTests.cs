using Portal.Operations.Incidents;

namespace Portal.Tests.Unit.Operations;

/// <summary>What a run of restoring a backup may say: each limit with its neighbours.</summary>
public sealed class RestoreRunTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
    private static readonly RestoreRun Good = new(Now, Now.AddHours(-6), Succeeded: true, 600, "", EvidenceUrl: null);

    public static TheoryData<string, object, string?> Limits => new()
    {
        { "ranAt", Now.AddTicks(1), "ranAt" },
        { "ranAt", Now, null },
        { "ranAt", Now.AddHours(-6), null },
        { "ranAt", Now.AddHours(-6).AddTicks(-1), "backupTakenAt" },
        { "backupTakenAt", Now, null },
        { "backupTakenAt", Now.AddTicks(1), "backupTakenAt" },
        { "durationSeconds", -1, "durationSeconds" },
        { "durationSeconds", 0, null },
        { "durationSeconds", 7 * 24 * 3600, null },
        { "durationSeconds", (7 * 24 * 3600) + 1, "durationSeconds" },
        { "notes", new string('n', 2000), null },
        { "notes", new string('n', 2001), "notes" },
        { "evidenceUrl", "https://e.example/" + new string('x', 1982), null },
        { "evidenceUrl", "https://e.example/" + new string('x', 1983), "evidenceUrl" },
        { "evidenceUrl", "http://e.example/", "evidenceUrl" },
        { "evidenceUrl", "https://", "evidenceUrl" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Each_field_has_its_limit(string field, object value, string? wrong) => Assert.Equal(wrong, (field switch
    {
        "ranAt" => Good with { RanAt = (DateTimeOffset)value },
        "backupTakenAt" => Good with { BackupTakenAt = (DateTimeOffset)value },
        "durationSeconds" => Good with { DurationSeconds = (int)value },
        "notes" => Good with { Notes = (string)value },
        _ => Good with { EvidenceUrl = (string)value },
    }).Fault(Now));
}
