using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>A backup is to be restored with success every month; on-call hears of it when none was.</summary>
public sealed class RestoreTestDueTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ForgetIncidentsAsync();

    public Task DisposeAsync() => portal.DeliverAsync();

    [Fact]
    public async Task An_overdue_test_is_one_alert_until_a_backup_is_restored_again()
    {
        await CheckAsync();
        await CheckAsync();
        Assert.Equal(["2 error open"], await AlertsAsync());

        // Neither one that failed nor one of long ago puts it right.
        await RecordAsync(succeeded: false, days: 0);
        await RecordAsync(succeeded: true, days: 32);
        Assert.Equal(["2 error open"], await AlertsAsync());
        await RecordAsync(succeeded: true, days: 0);
        Assert.Equal(["2 error resolved"], await AlertsAsync());

        portal.Clock.Advance(TimeSpan.FromDays(31));
        await CheckAsync();
        Assert.Equal(["2 error resolved"], await AlertsAsync());
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        await CheckAsync();
        Assert.Equal(["1 error open", "2 error resolved"], await AlertsAsync());
    }

    [Fact]
    public async Task A_test_names_where_its_evidence_is_by_https_alone()
    {
        var test = new
        {
            ranAt = portal.Clock.GetUtcNow(),
            backupTakenAt = portal.Clock.GetUtcNow().AddHours(-6),
            succeeded = true,
            durationSeconds = 1800,
            evidenceUrl = "https://evidence.example/drill",
        };
        var recorded = (await portal.As("operator").PostAsync("/api/ops/restore-tests", test)).Expect(201);
        Assert.Equal("https://evidence.example/drill", recorded.Text("evidenceUrl"));
        (await portal.As("operator").PostAsync("/api/ops/restore-tests", test)).Expect(200);
        Assert.Equal("restore-test-differs", (await portal.As("operator").PostAsync(
            "/api/ops/restore-tests", test with { evidenceUrl = "https://evidence.example/other" })).Expect(409).ProblemType);
        (await portal.As("operator").PostAsync(
            "/api/ops/restore-tests", test with { evidenceUrl = "http://evidence.example" })).Expect(400);

        Assert.Equal(400, (await MonitoringAsync("http")).Code);
        Assert.Equal(200, (await MonitoringAsync("https")).Code);
        Assert.Equal("https://evidence.example/monitoring", await portal.ScalarAsync<string>(
            "select evidence_url from portal.restore_tests where ran_at = '2026-02-01T00:00:00Z'"));
    }

    private Task<Answer> MonitoringAsync(string scheme) => portal.AlertAsync($$"""
        {"id":"restore-{{scheme}}","type":"backup_restore_tested","ranAt":"2026-02-01T00:00:00Z","backupTakenAt":"2026-01-31T00:00:00Z",
         "succeeded":true,"durationSeconds":60,"evidenceUrl":"{{scheme}}://evidence.example/monitoring"}
        """);

    private Task CheckAsync() => portal.RunTimerAsync("DailyChecks");

    private async Task RecordAsync(bool succeeded, int days) => (await portal.As("operator").PostAsync("/api/ops/restore-tests", new
    {
        ranAt = portal.Clock.GetUtcNow().AddDays(-days).AddSeconds(succeeded ? 0 : -1),
        backupTakenAt = portal.Clock.GetUtcNow().AddDays(-days).AddHours(-6),
        succeeded,
        durationSeconds = 1800,
    })).Expect(201);

    private Task<IReadOnlyList<string>> AlertsAsync() => portal.ListAsync("""
        select times || ' ' || severity || case when resolved_at is null then ' open' else ' resolved' end
          from portal.alerts where kind = 'restore_test_overdue' order by 1
        """);
}
