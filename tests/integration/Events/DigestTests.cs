using Dapper;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>One digest a person a day at the tenant's own hour, whatever the clocks do.</summary>
public sealed class DigestTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync("truncate portal.digests; delete from portal.notifications; delete from portal.unread_counts");

        project = (
            await portal.As("admin").PostAsync(
                "/api/projects",
                new { name = "Daily", memberIds = new[] { TestPeople.UserId("agency"), TestPeople.UserId("crew1") } })).Expect(201).Id;
        await portal.DeliverAsync();
        await portal.As("agency").PostAsync("/api/notifications/read-all");
        await portal.As("crew1").PostAsync("/api/notifications/read-all");
        await portal.DeliverAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task It_comes_at_eight_by_the_tenants_clock_before_at_and_after_a_change_of_time()
    {
        // 2026: clocks in Sydney, Adelaide and Auckland go back on 5 April; in Sydney and Adelaide forward on 4 October; in London back on
        // 25 October.
        var eights = new (string Zone, string At)[]
        {
            (
                "Australia/Adelaide", "2026-04-03T21:30:00Z"), (
                    "Pacific/Auckland", "2026-04-04T20:00:00Z"), ("Australia/Sydney", "2026-04-04T22:00:00Z"),
            ("Pacific/Auckland", "2026-04-05T20:00:00Z"), ("Australia/Sydney", "2026-04-05T22:00:00Z"), (
                "Australia/Adelaide", "2026-04-05T22:30:00Z"),
            (
                "Australia/Adelaide", "2026-10-02T22:30:00Z"), ("Australia/Sydney", "2026-10-03T21:00:00Z"), (
                    "Australia/Brisbane", "2026-10-03T22:00:00Z"),
            ("Australia/Perth", "2026-10-04T00:00:00Z"), ("Australia/Sydney", "2026-10-04T21:00:00Z"), (
                "Australia/Adelaide", "2026-10-04T21:30:00Z"),
            (
                "Australia/Brisbane", "2026-10-04T22:00:00Z"), (
                    "Europe/London", "2026-10-24T07:00:00Z"), ("Europe/London", "2026-10-25T08:00:00Z"),
        };
        var tenants = new Dictionary<string, Guid>();
        foreach (var zone in eights.Select(e => e.Zone).Distinct())
        {
            tenants[zone] = await TenantAsync(zone);
        }

        foreach (var (zone, text) in eights)
        {
            var at = DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
            portal.Clock.AdvanceTo(at.AddMinutes(-1));
            await portal.Host.RunTimerAsync("SendDigests");
            var before = await DigestsAsync(tenants[zone]);
            portal.Clock.AdvanceTo(at);
            await portal.Host.RunTimerAsync("SendDigests");
            Assert.True(await DigestsAsync(tenants[zone]) == before + 1, $"{zone} has no digest at {text}.");
            await portal.Host.RunTimerAsync("SendDigests");
            Assert.Equal(before + 1, await DigestsAsync(tenants[zone]));
        }
    }

    [Fact]
    public async Task Five_zones_on_one_day_with_the_process_down_over_the_hour()
    {
        var zones = new[] { "Australia/Sydney", "Australia/Adelaide", "Australia/Perth", "Pacific/Auckland", "Asia/Singapore" };
        var tenants = new List<Guid>();
        foreach (var zone in zones)
        {
            tenants.Add(await TenantAsync(zone));
        }

        // Noon in Sydney: past eight for Sydney, Adelaide (11:30), Perth (10:00), Auckland (14:00) and Singapore (10:00). Nothing ran
        // since.
        portal.Clock.AdvanceTo(Next("02:00"));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => portal.Host.RunTimerAsync("SendDigests")));
        await portal.Host.RunTimerAsync("SendDigests");
        foreach (var tenant in tenants)
        {
            Assert.Equal(1, await DigestsAsync(tenant));
        }
    }

    [Fact]
    public async Task It_says_what_is_overdue_due_moved_and_unread_and_only_to_whom_it_concerns()
    {
        portal.Clock.AdvanceTo(Next("21:30"));
        var before = await portal.EventsAsync(TestPeople.UserId("crew1"), "notification_digest_sent");
        var today = TimeZoneInfo.ConvertTime(portal.Clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Australia/Sydney")).Date;
        await portal.NewTaskAsync(
            project, "Late & <i>loud</i>",
            new { dueDate = $"{today.AddDays(-2):yyyy-MM-dd}", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        await portal.NewTaskAsync(
            project, "For today", new { dueDate = $"{today:yyyy-MM-dd}", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        await portal.NewTaskAsync(
            project, "For later", new { dueDate = $"{today.AddDays(1):yyyy-MM-dd}", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        var moved = await portal.NewTaskAsync(project, "Has moved", new { watcherIds = new[] { TestPeople.UserId("crew1") } });
        (await portal.MoveTaskAsync(moved.Id, "in_progress")).Expect(200);
        await portal.NewTaskAsync(project, "Has not moved", new { watcherIds = new[] { TestPeople.UserId("crew1") } });
        var own = await portal.NewTaskAsync(
            project, "Moved by herself",
            new { assigneeIds = new[] { TestPeople.UserId("crew1") }, watcherIds = new[] { TestPeople.UserId("crew1") } });
        (await portal.MoveTaskAsync(own.Id, "in_progress", "crew1")).Expect(200);
        var done = await portal.NewTaskAsync(
            project, "Done and late", new { dueDate = "2026-01-01", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        await portal.PlaceTaskAsync(done.Id, "done");
        await portal.DeliverAsync();
        await portal.DoAsync(
            "update portal.tenants set time_zone = 'Australia/Sydney', digest_hour = 8 where id = @id",
            new { id = TestPeople.Tenant });

        await portal.Host.RunTimerAsync("SendDigests");
        await portal.DeliverAsync();
        var mail = (await portal.InboxOfAsync("crew1"))[^1];
        Assert.StartsWith("Your ", mail.Subject, StringComparison.Ordinal);
        Assert.All(
            new[] { "Overdue", "Late & <i>loud</i>", "Due today", "For today", "What moved", "Has moved", "1 unread notification",
                "Daily" }, words => Assert.Contains(words, mail.Text!, StringComparison.Ordinal));
        Assert.All(
            new[] { "For later", "Moved by herself", "Has not moved", "Done and late" },
            words => Assert.DoesNotContain(words, mail.Text!, StringComparison.Ordinal));
        Assert.Equal(2, mail.Text!.Split("For today").Length);
        Assert.Contains("Late &amp; &lt;i&gt;loud&lt;/i&gt;", mail.Html!, StringComparison.Ordinal);
        Assert.DoesNotContain(await portal.InboxOfAsync("compliance"), m => m.Subject.StartsWith("Your ", StringComparison.Ordinal));
        Assert.Equal(before + 1, await portal.EventsAsync(TestPeople.UserId("crew1"), "notification_digest_sent"));
    }

    [Fact]
    public async Task Who_has_nothing_to_hear_gets_none_and_news_of_the_afternoon_waits_for_the_morning()
    {
        var tenant = await TenantAsync("Australia/Sydney", withTask: false);
        portal.Clock.AdvanceTo(Next("22:30"));
        await portal.Host.RunTimerAsync("SendDigests");
        Assert.Equal(0, await DigestsAsync(tenant));
        await AddTaskAsync(tenant);
        portal.Clock.Advance(TimeSpan.FromHours(4));
        await portal.Host.RunTimerAsync("SendDigests");
        Assert.Equal(0, await DigestsAsync(tenant));
        portal.Clock.AdvanceTo(Next("22:00"));
        await portal.Host.RunTimerAsync("SendDigests");
        Assert.Equal(1, await DigestsAsync(tenant));
    }

    [Fact]
    public async Task One_tenant_whose_digests_cannot_be_made_stops_nobody_elses()
    {
        var broken = await TenantAsync("Mars/Olympus_Mons");
        var others = new[] { await TenantAsync("Australia/Perth"), await TenantAsync("Australia/Sydney") };
        var left = await TenantAsync("Australia/Perth");
        await using var connection = await portal.OpenAsync();
        await connection.ExecuteAsync("update portal.tenants set status = 'deleted', deleted_at = now() where id = @left", new { left });
        portal.Clock.AdvanceTo(Next("02:00"));

        await portal.Host.RunTimerAsync("SendDigests");

        Assert.Equal((0, 0), (await DigestsAsync(broken), await DigestsAsync(left)));
        foreach (var tenant in others)
        {
            Assert.Equal(1, await DigestsAsync(tenant));
        }

        Assert.Equal(
            $"{broken}", await portal.ScalarAsync<string>("select dedup_key from portal.alerts where kind = 'digests_failed'"));
        await connection.ExecuteAsync("update portal.tenants set time_zone = 'Australia/Perth' where id = @broken", new { broken });
    }

    [Fact]
    public async Task Of_more_than_twenty_it_says_how_many_more()
    {
        await SydneyAtEightAsync();
        for (var i = 0; i < 23; i++)
        {
            await portal.NewTaskAsync(
                project, $"Late <b>{i}</b>", new { dueDate = "2026-01-01", assigneeIds = new[] { TestPeople.UserId("agency") } });
        }

        var mail = await MailAfterAsync("22:00", "agency");

        Assert.Contains("and 3 more", mail.Text!, StringComparison.Ordinal);
        Assert.Contains("23 overdue", mail.Html!, StringComparison.Ordinal);
        Assert.Contains(">Late &lt;b&gt;", mail.Html!, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", mail.Html!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update portal.users set role = 'client' where id = @user")]
    [InlineData("delete from portal.project_members where user_id = @user and project_id = @project")]
    [InlineData("update portal.projects set status = 'archived' where id = @project")]
    public async Task What_a_person_may_no_longer_read_is_in_no_digest(string change)
    {
        await SydneyAtEightAsync();
        var (user, mine, other) = (TestPeople.UserId("crew1"), $"Mine {Guid.NewGuid()}", $"Watched {Guid.NewGuid()}");
        await portal.NewTaskAsync(project, mine, new { dueDate = "2026-01-01", assigneeIds = new[] { user } });
        var watched = await portal.NewTaskAsync(project, other, new { watcherIds = new[] { user } });
        (await portal.MoveTaskAsync(watched.Id, "in_progress")).Expect(200);
        var shared = $"Shared {Guid.NewGuid()}";
        await OpenedAsync(await DailyLinkAsync("crew1", await AssetAsync(shared)));
        await portal.DeliverAsync();
        await portal.DoAsync(change, new { user, project });

        try
        {
            var mail = await MailAfterAsync("22:00");
            Assert.DoesNotContain(mine, mail.Text!, StringComparison.Ordinal);
            Assert.DoesNotContain(other, mail.Text!, StringComparison.Ordinal);
            Assert.DoesNotContain(shared, mail.Text!, StringComparison.Ordinal);
        }
        finally
        {
            await portal.DoAsync("update portal.users set role = 'agency' where id = @user", new { user });
        }
    }

    [Fact]
    public async Task An_owner_is_told_how_often_each_link_of_theirs_was_opened_since_the_digest_before()
    {
        await SydneyAtEightAsync();
        await portal.NewTaskAsync(
            project, "Always late", new { dueDate = "2026-01-01", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        var (first, second, quiet, theirs) = (
            await AssetAsync("Opened twice"), await AssetAsync("Opened once"), await AssetAsync("At once"),
            await AssetAsync("Of the agency"));
        var links = new[]
        {
            await DailyLinkAsync("crew1", first), await DailyLinkAsync("crew1", second),
            await ShareAsync("crew1", quiet, "every"), await DailyLinkAsync("agency", theirs),
        };

        // What is opened in the very moment of a digest is in it, and not in the next.
        await OpenedAsync(links[0]);
        portal.Clock.AdvanceTo(Next("22:00"));
        await OpenedAsync(links[0]);
        await portal.Host.RunTimerAsync("SendDigests");
        await portal.DeliverAsync();
        var mail = (await portal.InboxOfAsync("crew1"))[^1].Text!;
        Assert.Contains("Opened twice (2 viewers)", mail, StringComparison.Ordinal);
        Assert.DoesNotContain("Opened once", mail, StringComparison.Ordinal);

        portal.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var link in links)
        {
            await OpenedAsync(link);
        }

        await OpenedAsync(links[0]);
        await OpenedAsync(links[0]);
        mail = (await MailAfterAsync("22:00")).Text!;
        Assert.Contains("Opened twice (3 viewers)", mail, StringComparison.Ordinal);
        Assert.Contains("Opened once (1 viewer)", mail, StringComparison.Ordinal);
        Assert.True(
            mail.IndexOf("Opened twice", StringComparison.Ordinal) < mail.IndexOf("Opened once", StringComparison.Ordinal), mail);
        Assert.All(["At once", "Of the agency"], title => Assert.DoesNotContain(title, mail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_moves_in_the_very_moment_of_a_digest_is_in_it_and_not_in_the_next()
    {
        await SydneyAtEightAsync();
        await portal.NewTaskAsync(
            project, "Always late", new { dueDate = "2026-01-01", assigneeIds = new[] { TestPeople.UserId("crew1") } });
        var moved = await portal.NewTaskAsync(project, "Moves at eight", new { watcherIds = new[] { TestPeople.UserId("crew1") } });
        (await portal.MoveTaskAsync(moved.Id, "in_progress")).Expect(200);
        await MailAfterAsync("22:00");

        // It moves once more.
        portal.Clock.AdvanceTo(Next("22:00"));
        await portal.DoAsync("""
            insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, actor_id, occurred_at)
            select gen_random_uuid(), tenant_id, aggregate_type, aggregate_id, type, payload, actor_id, @now
              from portal.events where aggregate_id = @Id and type = 'task_status_changed'
            """, new { now = portal.Clock.GetUtcNow(), moved.Id });
        await portal.Host.RunTimerAsync("SendDigests");
        await portal.DeliverAsync();
        Assert.Contains("Moves at eight", (await portal.InboxOfAsync("crew1"))[^1].Text!, StringComparison.Ordinal);

        Assert.DoesNotContain("Moves at eight", (await MailAfterAsync("22:00")).Text!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_late_leaves_nothing_out_since_the_digest_before()
    {
        await SydneyAtEightAsync();
        await MailAfterAsync("22:00");
        portal.Clock.Advance(TimeSpan.FromHours(1));
        var moved = await portal.NewTaskAsync(
            project, "Moved in the morning", new { watcherIds = new[] { TestPeople.UserId("crew1") } });
        (await portal.MoveTaskAsync(moved.Id, "in_progress")).Expect(200);
        await portal.DeliverAsync();

        // The process was down until evening: 21 hours after the next eight o'clock would be too late for the last day alone.
        portal.Clock.AdvanceTo(Next("22:00"));
        var mail = await MailAfterAsync("07:00");

        Assert.Contains("Moved in the morning", mail.Text!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, true)]
    [InlineData(8, false)]
    public async Task Whose_digest_before_is_less_than_a_week_old_is_told_all_since_and_others_of_the_last_day(int days, bool told)
    {
        await SydneyAtEightAsync();
        await MailAfterAsync("22:00");
        portal.Clock.Advance(TimeSpan.FromHours(1));
        var title = $"Moved {days} days ago";
        var moved = await portal.NewTaskAsync(project, title, new { watcherIds = new[] { TestPeople.UserId("crew1") } });
        (await portal.MoveTaskAsync(moved.Id, "in_progress")).Expect(200);
        await portal.DeliverAsync();

        portal.Clock.Advance(TimeSpan.FromDays(days - 1));
        var mail = await MailAfterAsync("22:00");

        Assert.StartsWith("Your ", mail.Subject, StringComparison.Ordinal);
        Assert.Equal(told, mail.Text!.Contains(title, StringComparison.Ordinal));
    }

    private async Task<Guid> AssetAsync(string title)
    {
        var asset = Guid.Parse((await portal.UploadReadyAsync(project)).Text("assetId"));
        await portal.DoAsync("update portal.assets set title = @title where id = @asset", new { title, asset });

        // That it is ready is another mail.
        await portal.DeliverAsync();
        return asset;
    }

    private Task<Answer> DailyLinkAsync(string person, Guid asset) => ShareAsync(person, asset, "daily");

    private async Task<Answer> ShareAsync(string person, Guid asset, string notify) =>
        (await portal.As(person).PostAsync("/api/share-links", new { assetId = asset, notify })).Expect(201);

    /// <summary>By somebody new.</summary>
    private async Task OpenedAsync(Answer link) => (await portal.GuestOf(link).OpenAsync()).Expect(200);

    private async Task SydneyAtEightAsync()
    {
        await portal.DoAsync(
            "update portal.tenants set time_zone = 'Australia/Sydney', digest_hour = 8 where id = @id", new { id = TestPeople.Tenant });
    }

    /// <summary>That person's newest mail after a run at the next such time (UTC).</summary>
    private async Task<InboxMessage> MailAfterAsync(string time, string person = "crew1")
    {
        portal.Clock.AdvanceTo(Next(time));
        await portal.Host.RunTimerAsync("SendDigests");
        await portal.DeliverAsync();
        return (await portal.InboxOfAsync(person))[^1];
    }

    private DateTimeOffset Next(string time)
    {
        var now = portal.Clock.GetUtcNow();
        var at = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero) + TimeSpan.Parse(
            time, System.Globalization.CultureInfo.InvariantCulture);
        return at > now ? at : at.AddDays(1);
    }

    /// <summary>A tenant of its own with one Agency person, who has a task that was due long ago.</summary>
    private async Task<Guid> TenantAsync(string zone, bool withTask = true)
    {
        var tenant = Guid.CreateVersion7();
        await portal.DoAsync("""
            insert into portal.tenants (id, clerk_org_id, name, time_zone, created_at, updated_at)
               values (@tenant, 'org_' || @tenant, 'Zone', @zone, @now, @now);
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (@tenant, @tenant, 'user_' || @tenant, @tenant || '@zone.example', 'Zoe', 'agency', @now, @now);
            insert into portal.projects (id, tenant_id, name, created_by, created_at, updated_at)
               values (@tenant, @tenant, 'Zone', @tenant, @now, @now);
            insert into portal.project_members (tenant_id, project_id, user_id, added_at) values (@tenant, @tenant, @tenant, @now);
            """, new { tenant, zone, now = portal.Clock.GetUtcNow() });
        if (withTask)
        {
            await AddTaskAsync(tenant);
        }

        return tenant;
    }

    private async Task AddTaskAsync(Guid tenant)
    {
        await portal.DoAsync("""
            insert into portal.tasks (id, tenant_id, project_id, title, due_on, created_by, created_at, updated_at)
               values (@tenant, @tenant, @tenant, 'Old', '2020-01-01', @tenant, @now, @now);
            insert into portal.task_assignees (tenant_id, project_id, task_id, user_id, added_at)
               values (@tenant, @tenant, @tenant, @tenant, @now);
            """, new { tenant, now = portal.Clock.GetUtcNow() });
    }

    private Task<long> DigestsAsync(Guid tenant) =>
        portal.ScalarAsync<long>(
            "select count(*) from portal.events where tenant_id = @tenant and type = 'notification_digest_sent'", new { tenant });
}
