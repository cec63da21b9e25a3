using System.Globalization;
using System.Text.Json.Nodes;
using Portal.Compliance.Reviews;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The register of vendors, a tenant's reviews of them, and who is reminded when.</summary>
public sealed class VendorReviewTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Due = "vendor_review_due";
    private const string Overdue = "vendor_review_overdue";
    private static readonly TimeZoneInfo Sydney = TimeZoneInfo.FindSystemTimeZoneById("Australia/Sydney");
    private DateTimeOffset start;
    private DateOnly began;

    private DateOnly Today => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(portal.Clock.GetUtcNow(), Sydney).DateTime);

    private DateOnly DueOn => began.AddMonths(3);

    public async Task InitializeAsync()
    {
        await portal.DeliverAsync();
        await portal.ResetAsync();
        (start, began) = (portal.Clock.GetUtcNow(), Today);
        await portal.DoAsync("""
            alter table portal.vendor_reviews disable trigger user;
            delete from portal.vendor_reviews;
            alter table portal.vendor_reviews enable trigger user;
            delete from portal.vendor_review_reminders;
            delete from portal.mux_tasks;
            update portal.tenants set created_at = @now, time_zone = 'Australia/Sydney' where id = any (@tenants)
            """, new { now = start, tenants = new[] { TestPeople.Tenant, TestPeople.OtherTenant } });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_review_is_recorded_with_audit_and_event_for_its_tenant_and_nobody_changes_it()
    {
        var review = (await portal.As("compliance").PostAsync("/api/vendor-reviews", new
        {
            vendor = "mux",
            result = "approved_with_findings",
            findings = "No choice of region",
            evidenceUrls = new[] { "https://evidence.example/mux.pdf" },
            reviewedOn = Text(Today),
        })).Expect(201);
        Assert.Equal(("mux", "approved_with_findings", "compliance"), (
            review.Text("vendor"), review.Text("result"), review.Text("recordedByName")));
        Assert.Equal($"/api/vendor-reviews/{review.Id}", review.Headers.Location!.ToString());
        await portal.RecordedOnceAsync(review.Id, "vendor_reviewed");
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.audit_log a where a.entity_id = @id and a::text ~ 'region|evidence.example'",
            new { id = review.Id }));
        Assert.Equal(0, await portal.ScalarAsync<long>(
            "select count(*) from portal.events e where e.aggregate_id = @id and e::text ~ 'region|evidence.example'",
            new { id = review.Id }));

        var read = (await portal.As("admin").FetchAsync($"/api/vendor-reviews/{review.Id}")).Expect(200);
        Assert.Equal(("No choice of region", "https://evidence.example/mux.pdf", Text(Today)), (
            read.Text("findings"), read.Field("evidenceUrls")[0]!.ToString(), read.Text("reviewedOn")));
        Assert.Equal(404, (await portal.As("other-admin").FetchAsync($"/api/vendor-reviews/{review.Id}")).Code);
        Assert.Empty((await portal.As("other-admin").FetchAsync("/api/vendor-reviews")).Expect(200).Field("items").AsArray());
        foreach (var person in new[] { "agency", "client" })
        {
            Assert.Equal(403, (await portal.As(person).FetchAsync("/api/vendors")).Code);
            Assert.Equal(403, (await portal.As(person).FetchAsync("/api/vendor-reviews")).Code);
            Assert.Equal(403, (await portal.As(person).FetchAsync($"/api/vendor-reviews/{review.Id}")).Code);
            Assert.Equal(403, (await portal.As(person).PostAsync("/api/vendor-reviews", Review("mux", Today))).Code);
        }

        foreach (var change in new[] { "update portal.vendor_reviews set result = 'approved'", "delete from portal.vendor_reviews",
            "truncate portal.vendor_reviews" })
        {
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => portal.DoAsync(change));
        }
    }

    [Theory]
    [InlineData(1, 400)]
    [InlineData(0, 201)]
    [InlineData(-90, 201)]
    [InlineData(-91, 400)]
    public async Task The_day_of_a_review_is_one_of_the_last_ninety_by_the_tenants_own_calendar(int days, int answer)
    {
        // At this hour Sydney is a day ahead of UTC.
        var day = Today.AddDays(1);
        portal.Clock.AdvanceTo(new DateTimeOffset(day, new TimeOnly(20, 0), TimeSpan.Zero));
        Assert.NotEqual(DateOnly.FromDateTime(portal.Clock.GetUtcNow().UtcDateTime), Today);

        var answered = (await portal.As("admin").PostAsync("/api/vendor-reviews", Review("clerk", Today.AddDays(days)))).Expect(answer);
        if (answer == 400)
        {
            Assert.Equal(
                ("/reviewedOn", "range"),
                (answered.Field("errors")[0]!["pointer"]!.ToString(), answered.Field("errors")[0]!["rule"]!.ToString()));
            Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.vendor_reviews"));
        }
    }

    [Theory]
    [InlineData("approved", "", 201)]
    [InlineData("approved_with_findings", "", 400)]
    [InlineData("approved_with_findings", "Old certificate", 201)]
    [InlineData("rejected", "", 400)]
    [InlineData("rejected", "Breach", 201)]
    [InlineData("unsure", "Breach", 400)]
    public async Task What_is_not_simply_approved_says_what_was_found(string result, string findings, int answer) =>
        (await portal.As("admin").PostAsync("/api/vendor-reviews", new
        {
            vendor = "neon",
            result,
            findings,
            reviewedOn = Text(Today),
        })).Expect(answer);

    [Theory]
    [InlineData("https://evidence.example/soc2", 10, 201)]
    [InlineData("https://evidence.example/soc2", 11, 400)]
    [InlineData("http://evidence.example/soc2", 1, 400)]
    [InlineData("javascript:alert(1)//", 1, 400)]
    public async Task Evidence_is_ten_links_at_most_and_https_alone(string link, int count, int answer) =>
        (await portal.As("admin").PostAsync("/api/vendor-reviews", new
        {
            vendor = "neon",
            result = "approved",
            evidenceUrls = Enumerable.Range(1, count).Select(n => link + n),
            reviewedOn = Text(Today),
        })).Expect(answer);

    [Fact]
    public async Task A_vendor_that_there_is_not_is_neither_reviewed_nor_listed()
    {
        (await portal.As("admin").PostAsync("/api/vendor-reviews", Review("acme", Today))).Expect(400);
        (await portal.As("admin").FetchAsync("/api/vendor-reviews?vendor=acme")).Expect(400);
    }

    [Fact]
    public async Task Reviews_are_listed_newest_first_and_by_vendor_and_counted()
    {
        var (first, second) = (await RecordAsync("mux"), await RecordAsync("clerk"));
        var third = await RecordAsync("mux", Today.AddDays(-30));
        var all = (await portal.As("compliance").FetchAsync("/api/vendor-reviews?total=true")).Expect(200);
        Assert.Equal([third.ToString(), second.ToString(), first.ToString()], all.Column("id"));
        Assert.Equal("3", all.Text("total"));
        var mux = (await portal.As("compliance").FetchAsync("/api/vendor-reviews?vendor=mux&total=true")).Expect(200);
        Assert.Equal([third.ToString(), first.ToString()], mux.Column("id"));
        Assert.Equal("2", mux.Text("total"));
    }

    [Fact]
    public async Task The_register_says_of_each_vendor_when_it_was_reviewed_and_when_it_is_due()
    {
        var vendors = await VendorsAsync("compliance");
        Assert.Equal(VendorRegister.All.Select(vendor => vendor.Key), vendors.Keys);
        Assert.All(vendors.Values, vendor => Assert.Equal(
            ("current", Text(DueOn), null), (vendor["state"]!.ToString(), vendor["nextDueOn"]!.ToString(), vendor["lastReview"])));
        Assert.Equal(
            ["Videos"], vendors["mux"]["dataClasses"]!.AsArray().Select(of => of!.ToString()));

        // The latest day counts, whatever was recorded last.
        var last = await RecordAsync("mux");
        await RecordAsync("mux", Today.AddDays(-20));
        var mux = (await VendorsAsync("admin"))["mux"];
        Assert.Equal((last.ToString(), Text(Today)), (mux["lastReview"]!["id"]!.ToString(), mux["lastReview"]!["reviewedOn"]!.ToString()));
        Assert.Null((await VendorsAsync("other-admin"))["mux"]["lastReview"]);

        await DayAsync(DueOn.AddDays(-10));
        var reviewed = await RecordAsync("clerk");
        await DayAsync(DueOn);
        vendors = await VendorsAsync("admin");
        Assert.Equal(("due_soon", "current"), (vendors["mux"]["state"]!.ToString(), vendors["clerk"]["state"]!.ToString()));
        Assert.Equal(Text(DueOn.AddDays(-10).AddMonths(3)), vendors["clerk"]["nextDueOn"]!.ToString());
        Assert.Equal(reviewed.ToString(), vendors["clerk"]["lastReview"]!["id"]!.ToString());
        await DayAsync(DueOn.AddDays(1));
        Assert.Equal("overdue", (await VendorsAsync("admin"))["neon"]["state"]!.ToString());
    }

    [Fact]
    public async Task Two_weeks_before_Admins_and_Compliance_are_told_once_and_again_of_what_is_overdue()
    {
        await DayAsync(DueOn.AddDays(-15));
        await CheckAsync();
        Assert.Equal(0, await EventsAsync(Due));

        await DayAsync(DueOn.AddDays(-14));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => portal.RunTimerAsync("DailyChecks")));
        await CheckAsync();
        Assert.Equal(1, await EventsAsync(Due));
        var reminder = await ReminderAsync("due_soon");
        await portal.RecordedOnceAsync(reminder, Due);
        foreach (var person in new[] { "admin", "compliance" })
        {
            Assert.Contains(reminder, await portal.ToldAsync(person, Due));
            var mail = Assert.Single(
                await portal.InboxOfAsync(person), m => m.Subject.StartsWith("7 vendor reviews due by", StringComparison.Ordinal)
                    && m.Subject.Contains(DueOn.ToString("d MMMM yyyy", CultureInfo.InvariantCulture), StringComparison.Ordinal));
            Assert.Contains("Vercel Blob", mail.Html, StringComparison.Ordinal);
        }

        Assert.Empty(await portal.ToldAsync("agency", Due));
        Assert.DoesNotContain(reminder, await portal.ToldAsync("other-admin", Due));

        await DayAsync(DueOn.AddDays(-3));
        await RecordAsync("mux");
        await CheckAsync();
        await DayAsync(DueOn);
        await CheckAsync();
        Assert.Equal((1, 0), (await EventsAsync(Due), await EventsAsync(Overdue)));

        await DayAsync(DueOn.AddDays(1));
        await CheckAsync();
        await DayAsync(DueOn.AddDays(2));
        await CheckAsync();
        Assert.Equal((1, 1), (await EventsAsync(Due), await EventsAsync(Overdue)));
        var late = await ReminderAsync("overdue");
        Assert.Contains(late, await portal.ToldAsync("compliance", Overdue));
        Assert.DoesNotContain("mux", await portal.ScalarAsync<string>(
            "select payload::text from portal.events where aggregate_id = @late", new { late }), StringComparison.Ordinal);
        Assert.Contains(
            await portal.InboxOfAsync("admin"), m => m.Subject == "Overdue: 6 vendor reviews of Harbour"
                && m.Html?.Contains("Mux", StringComparison.Ordinal) == false);
    }

    [Fact]
    public async Task After_missed_days_what_is_overdue_is_told_as_that_alone()
    {
        await DayAsync(DueOn.AddDays(40));
        await CheckAsync();
        Assert.Equal((0, 1), (await EventsAsync(Due), await EventsAsync(Overdue)));
    }

    [Fact]
    public async Task A_reminder_of_what_was_reviewed_meanwhile_is_not_mailed()
    {
        await DayAsync(DueOn.AddDays(-14));
        await portal.RunTimerAsync("DailyChecks");
        foreach (var vendor in VendorRegister.All)
        {
            await RecordAsync(vendor.Key);
        }

        await portal.DeliverAsync();
        Assert.Equal(["skipped vendors_reviewed", "skipped vendors_reviewed"], await portal.ListAsync(
            "select status || ' ' || reason from portal.deliveries where aggregate_id = @id",
            new { id = await ReminderAsync("due_soon") }));
    }

    [Fact]
    public async Task A_tenant_that_is_broken_keeps_no_other_from_being_reminded()
    {
        await DayAsync(DueOn.AddDays(-14));
        await portal.DoAsync("update portal.tenants set time_zone = 'Mars/Olympus' where id = @id", new { id = TestPeople.Tenant });
        await Assert.ThrowsAsync<AggregateException>(() => portal.RunTimerAsync("DailyChecks"));
        Assert.Equal([TestPeople.OtherTenant.ToString()], await portal.ListAsync(
            "select distinct tenant_id::text from portal.vendor_review_reminders"));
        await portal.DoAsync("update portal.tenants set time_zone = 'Australia/Sydney' where id = @id", new { id = TestPeople.Tenant });
        await portal.RunTimerAsync("DailyChecks");
        Assert.Equal(1, await EventsAsync(Due));
    }

    private static object Review(string vendor, DateOnly day) => new { vendor, result = "approved", reviewedOn = Text(day) };

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private async Task<Guid> RecordAsync(string vendor, DateOnly? day = null)
    {
        portal.Clock.Advance(TimeSpan.FromMilliseconds(5));
        return (await portal.As("admin").PostAsync("/api/vendor-reviews", Review(vendor, day ?? Today))).Expect(201).Id;
    }

    private async Task<IReadOnlyDictionary<string, JsonNode>> VendorsAsync(string person) =>
        (await portal.As(person).FetchAsync("/api/vendors")).Expect(200).Field("items").AsArray()
            .ToDictionary(vendor => vendor!["vendor"]!.ToString(), vendor => vendor!);

    /// <summary>Noon of that day in Sydney, more or less.</summary>
    private Task DayAsync(DateOnly day)
    {
        portal.Clock.AdvanceTo(new DateTimeOffset(day, new TimeOnly(2, 0), TimeSpan.Zero));
        return Task.CompletedTask;
    }

    private async Task CheckAsync()
    {
        await portal.RunTimerAsync("DailyChecks");
        await portal.DeliverAsync();
    }

    /// <summary>Of the first tenant, since the test began.</summary>
    private Task<long> EventsAsync(string type) => portal.ScalarAsync<long>("""
        select count(*) from portal.events e
         where e.tenant_id = @tenant and e.type = @type and e.occurred_at > @start
        """, new { tenant = TestPeople.Tenant, type, start });

    private Task<Guid> ReminderAsync(string state) => portal.ScalarAsync<Guid>(
        "select distinct reminder_id from portal.vendor_review_reminders where tenant_id = @tenant and state = @state",
        new { tenant = TestPeople.Tenant, state });
}
