using System.Globalization;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>What Compliance sees at a glance, and that it is its own tenant's.</summary>
public sealed class ComplianceOverviewTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task It_tells_where_a_tenant_stands_and_nothing_of_another()
    {
        var empty = await OverviewAsync("compliance");
        Assert.Equal("0 0 0", $"{empty.Field("erasures")["open"]} {empty.Field("erasures")["held"]} {empty.Field("erasures")["overdue"]}");
        Assert.Null(empty.Field("erasures")["nextDueAt"]);
        Assert.Equal("0", empty.Field("holds")["inForce"]!.ToString());
        Assert.Null(empty.Json!["residencyReport"]);
        Assert.Null(empty.Field("audit")["lastSeal"]);
        Assert.Empty(empty.Field("vendorReviews")["overdue"]!.AsArray());
        Assert.Equal(("", "true"), (
            empty.Field("restoreTest")["passedAt"]?.ToString() ?? "", empty.Field("restoreTest")["overdue"]!.ToString()));
        Assert.Equal("365", empty.Field("retention")["uploadJobDays"]!.ToString());

        var start = portal.Clock.GetUtcNow();
        // A hold that is lifted, and past the day on which it was to be looked at.
        var lifted = await HoldAsync(start.AddDays(1));
        (await portal.As("compliance").PostAsync($"/api/holds/{lifted}/lift", new { reason = "Settled" })).Expect(200);
        await EraseAsync("requested", start, start.AddDays(1));
        await EraseAsync("failed", start.AddHours(1), start.AddDays(90));
        await EraseAsync("held", start.AddHours(2), start.AddHours(3));
        await EraseAsync("completed", start.AddDays(-9), start.AddDays(-8));
        await HoldAsync(start.AddDays(2));
        await HoldAsync(start.AddDays(79));
        await EraseAsync("running", start.AddHours(4), start.AddDays(79));
        portal.Clock.AdvanceTo(start.AddDays(79));
        (await portal.As("admin").PostAsync("/api/vendor-reviews", new
        {
            vendor = "mux",
            result = "approved",
            reviewedOn = portal.Clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        })).Expect(201);
        (await portal.As("operator").PostAsync("/api/ops/restore-tests", new
        {
            ranAt = portal.Clock.GetUtcNow(),
            backupTakenAt = portal.Clock.GetUtcNow().AddHours(-1),
            succeeded = true,
            durationSeconds = 60,
            notes = "Restored by olive",
        })).Expect(201);
        await portal.SealAllAsync();
        await portal.RunTimerAsync("ResidencyReport");

        var now = await OverviewAsync("admin");
        Assert.Equal(
            (4L, 1L, 1L, start, start.AddDays(1)),
            (Count(now, "erasures", "open"), Count(now, "erasures", "held"), Count(now, "erasures", "overdue"),
                Time(now, "erasures", "oldestRequestedAt"), Time(now, "erasures", "nextDueAt")));
        Assert.Equal((2L, 1L), (Count(now, "holds", "inForce"), Count(now, "holds", "pastReview")));
        Assert.Equal("2026-03-04", now.Field("holds")["nextReviewOn"]!.ToString());
        Assert.Equal(
            (0, 6), (
                now.Field("vendorReviews")["overdue"]!.AsArray().Count, now.Field("vendorReviews")["dueSoon"]!.AsArray().Count));
        Assert.DoesNotContain("mux", now.Field("vendorReviews")["dueSoon"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(
            await portal.ScalarAsync<Guid>(
                "select id from portal.residency_reports where tenant_id = @tenant", new { tenant = TestPeople.Tenant }),
            now.Field("residencyReport")["id"]!.GetValue<Guid>());
        Assert.Equal("1", now.Field("audit")["lastSeal"]!.ToString());
        Assert.Equal(1, Count(now, "audit", "unsealedRows"));
        Assert.Equal((portal.Clock.GetUtcNow(), "false"), (
            Time(now, "restoreTest", "passedAt"), now.Field("restoreTest")["overdue"]!.ToString()));
        Assert.DoesNotContain("olive", now.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("user_operator", now.Body, StringComparison.Ordinal);

        var other = await OverviewAsync("other-admin");
        Assert.Equal((0L, 0L), (Count(other, "erasures", "open"), Count(other, "holds", "inForce")));
        Assert.Equal(7, other.Field("vendorReviews")["dueSoon"]!.AsArray().Count);
        foreach (var person in new[] { "agency", "client" })
        {
            Assert.Equal(403, (await portal.As(person).FetchAsync("/api/compliance/overview")).Code);
        }

        portal.Clock.Advance(TimeSpan.FromDays(32));
        var late = await OverviewAsync("compliance");
        Assert.Equal(6, late.Field("vendorReviews")["overdue"]!.AsArray().Count);
        Assert.Equal(2, Count(late, "holds", "pastReview"));
        Assert.Equal((3L, "true"), (Count(late, "erasures", "overdue"), late.Field("restoreTest")["overdue"]!.ToString()));
    }

    private async Task<Answer> OverviewAsync(string person) =>
        (await portal.As(person).FetchAsync("/api/compliance/overview")).Expect(200);

    private static long Count(Answer answer, string part, string name) => answer.Field(part)[name]!.GetValue<long>();

    private static DateTimeOffset Time(Answer answer, string part, string name) => answer.Field(part)[name]!.GetValue<DateTimeOffset>();

    private async Task<Guid> HoldAsync(DateTimeOffset review) => (await portal.As("admin").PostAsync("/api/holds", new
    {
        kind = "project",
        subjectId = await portal.NewProjectAsync(),
        reason = "A dispute",
        reviewOn = review.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    })).Expect(201).Id;

    private async Task EraseAsync(string status, DateTimeOffset requested, DateTimeOffset due)
    {
        await portal.DoAsync("""
            insert into portal.erasure_requests (id, tenant_id, kind, status, address_hash, requested_at, starts_at, due_at, ended_at)
            values (gen_random_uuid(), @tenant, 'guest', @status, encode(sha256(@status::bytea), 'hex'), @requested, @requested, @due,
                case @status when 'completed' then @due end)
            """, new { tenant = TestPeople.Tenant, status, requested, due });
    }
}
