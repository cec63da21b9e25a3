using Dapper;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>What tenants are told of an incident: drafted, read, sent once, and to nobody else.</summary>
public sealed class IncidentNoticeTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private HttpClient Ops => portal.As("operator");

    public Task InitializeAsync() => portal.ForgetIncidentsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_notice_reaches_the_Admins_of_its_tenants_once_by_mail_and_in_the_portal()
    {
        var id = await portal.BreachAsync();
        var draft = (await DraftAsync(id, "Exports were late", [TestPeople.Tenant])).Expect(201);
        Assert.Equal(("draft", "user_operator"), (draft.Text("status"), draft.Text("draftedBy")));
        Assert.Equal([TestPeople.Tenant.ToString()], draft.Field("tenantIds").AsArray().Select(t => t!.ToString()));
        await portal.DeliverAsync();
        Assert.Empty(await portal.ToldAsync("admin", "incident_notice_sent"));
        (await portal.As("admin").FetchAsync($"/api/incident-notices/{draft.Id}")).Expect(404);
        Assert.Equal([draft.Id.ToString()], (await Ops.FetchAsync(Path(id))).Expect(200).Column("id"));

        // Eight at once, and once more later.
        var sent = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync(id, draft.Id)));
        Assert.All(sent, answer => Assert.Equal("sent", answer.Expect(200).Text("status")));
        await portal.DeliverAsync();
        (await SendAsync(id, draft.Id)).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal([draft.Id], await portal.ToldAsync("admin", "incident_notice_sent"));
        Assert.Empty(await portal.ToldAsync("agency", "incident_notice_sent"));
        Assert.Empty(await portal.ToldAsync("compliance", "incident_notice_sent"));
        Assert.Empty(await portal.ToldAsync("other-admin", "incident_notice_sent"));
        var told = (await portal.As("admin").FetchAsync("/api/notifications?type=incident_notice_sent")).Expect(200);
        Assert.Equal("You have a notice about an incident: “Exports were late”.", told.Column("text")[0]);
        var mail = Assert.Single(await portal.InboxOfAsync("admin"), mail => mail.Subject == "Exports were late");
        Assert.Contains("Files came an hour late.", mail.Text, StringComparison.Ordinal);
        Assert.Contains("Nothing is lost.", mail.Text, StringComparison.Ordinal);
        Assert.Contains($"/incident-notices/{draft.Id}", mail.Text, StringComparison.Ordinal);
        foreach (var nobody in (string[])["agency", "compliance", "other-admin"])
        {
            Assert.DoesNotContain(await portal.InboxOfAsync(nobody), mail => mail.Subject == "Exports were late");
        }

        await portal.RecordedOnceAsync(draft.Id, "incident_notice_sent");
        Assert.Equal(1, await portal.AuditedAsync(draft.Id, "incident_notice_drafted"));
        Assert.Equal(
            (TestPeople.Tenant.ToString(), "operator", "user_operator"),
            ((await portal.AuditAsync(draft.Id, "incident_notice_sent"))["tenant"]!.ToString(),
                (await portal.AuditAsync(draft.Id, "incident_notice_sent"))["actorKind"]!.ToString(),
                (await portal.AuditAsync(draft.Id, "incident_notice_sent"))["actor"]!.ToString()));
        Assert.Equal(
            ["notice_sent user_operator Exports were late 1"],
            (await Ops.FetchAsync($"/api/ops/incidents/{id}/timeline")).Field("items").AsArray()
                .Where(line => line!["kind"]!.ToString() == "notice_sent")
                .Select(line => $"{line!["kind"]} {line["by"]} {line["text"]} {line["became"]}"));
    }

    [Fact]
    public async Task Only_Admins_of_a_tenant_that_it_was_sent_to_read_it()
    {
        var id = await portal.BreachAsync();
        var notice = (await DraftAsync(id, "For one tenant", [TestPeople.Tenant])).Expect(201).Id;
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        (await SendAsync(id, notice)).Expect(200);
        var read = (await portal.As("admin").FetchAsync($"/api/incident-notices/{notice}")).Expect(200);
        Assert.Equal(("For one tenant", "Files came an hour late.\nNothing is lost."), (read.Text("subject"), read.Text("text")));
        (await portal.As("agency").FetchAsync($"/api/incident-notices/{notice}")).Expect(403);
        (await portal.As("compliance").FetchAsync($"/api/incident-notices/{notice}")).Expect(403);
        (await portal.As("other-admin").FetchAsync($"/api/incident-notices/{notice}")).Expect(404);

        // Another notice, which the other tenant is sent, brings neither of them to the other's.
        var theirs = (await DraftAsync(id, "For the other", [TestPeople.OtherTenant])).Expect(201).Id;
        (await SendAsync(id, theirs)).Expect(200);
        await portal.DeliverAsync();
        (await portal.As("other-admin").FetchAsync($"/api/incident-notices/{notice}")).Expect(404);
        (await portal.As("admin").FetchAsync($"/api/incident-notices/{theirs}")).Expect(404);
        Assert.Equal(
            "For the other", (await portal.As("other-admin").FetchAsync($"/api/incident-notices/{theirs}")).Expect(200).Text("subject"));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = (await DraftAsync(id, "Over for one tenant", [TestPeople.Tenant])).Expect(201).Id;
        (await SendAsync(id, second)).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal(
            "For one tenant", (await portal.As("admin").FetchAsync($"/api/incident-notices/{notice}")).Expect(200).Text("subject"));
        var told = (await portal.As("admin").FetchAsync("/api/notifications?type=incident_notice_sent&limit=2")).Expect(200);
        Assert.Equal(
            ["You have a notice about an incident: “Over for one tenant”.", "You have a notice about an incident: “For one tenant”."],
            told.Column("text"));
        (await portal.As("admin").FetchAsync(Path(id))).Expect(403);
        (await portal.As("admin").PostAsync(Path(id), Body("No right", null))).Expect(403);
        (await portal.As("admin").PostAsync($"{Path(id)}/{notice}/send")).Expect(403);
        await using var connection = new Npgsql.NpgsqlConnection(portal.Database.App);
        Assert.Equal("42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(
            () => connection.ExecuteAsync("select 1 from portal.incident_notices"))).SqlState);
    }

    [Fact]
    public async Task Without_tenants_it_is_for_all_that_are_in_use_and_a_tenant_that_is_gone_is_left_out()
    {
        var id = await portal.BreachAsync();
        var all = (await DraftAsync(id, "For all", null)).Expect(201);
        Assert.Equal(
            await portal.ListAsync("""
                select id::text from portal.tenants where status = 'active' and id <> '00000000-0000-7000-8000-000000000000' order by id
                """), all.Field("tenantIds").AsArray().Select(t => t!.ToString()));
        await using (var connection = await portal.OpenAsync())
        {
            await connection.ExecuteAsync(
                "update portal.tenants set status = 'deleted', deleted_at = @now where id = @OtherTenant",
                new { now = portal.Clock.GetUtcNow(), TestPeople.OtherTenant });
            try
            {
                (await SendAsync(id, all.Id)).Expect(200);
                Assert.Contains("/tenantIds", (
                    await DraftAsync(id, "Gone", [TestPeople.Tenant, TestPeople.OtherTenant])).Expect(400).Body, StringComparison.Ordinal);
            }
            finally
            {
                await connection.ExecuteAsync(
                    "update portal.tenants set status = 'active', deleted_at = null where id = @OtherTenant",
                    new { TestPeople.OtherTenant });
            }
        }

        Assert.Equal(
            [TestPeople.Tenant.ToString()],
            await portal.ListAsync("select tenant_id::text from portal.events where aggregate_id = @id", new { id = all.Id }));
    }

    [Fact]
    public async Task An_incident_of_a_tenant_is_told_to_that_tenant_unless_others_are_named()
    {
        var id = Guid.NewGuid();
        await portal.DoAsync("""
            insert into portal.incidents (id, kind, dedup_key, severity, summary, tenant_id, pages, opened_at, last_at)
            values (@id, 'upload_failed', @id::text, 'error', 'An upload failed.', @Tenant, false, @now, @now)
            """, new { id, TestPeople.Tenant, now = portal.Clock.GetUtcNow() });

        Assert.Equal(
            [TestPeople.Tenant.ToString()],
            (await DraftAsync(id, "Yours", null)).Expect(201).Field("tenantIds").AsArray().Select(t => t!.ToString()));
        Assert.Equal(
            [TestPeople.OtherTenant.ToString()],
            (await DraftAsync(id, "Theirs", [TestPeople.OtherTenant])).Expect(201).Field("tenantIds").AsArray()
                .Select(t => t!.ToString()));
    }

    [Fact]
    public async Task A_notice_has_its_limits_and_an_incident_takes_twenty()
    {
        var id = await portal.BreachAsync();
        Guid[] own = [TestPeople.Tenant];
        (await DraftAsync(id, new string('x', 150), own)).Expect(201);
        (await DraftAsync(id, new string('x', 151), own)).Expect(400);
        (await Ops.PostAsync(Path(id), new { subject = "Long", text = new string('x', 4000), tenantIds = own })).Expect(201);
        (await Ops.PostAsync(Path(id), new { subject = "Long", text = new string('x', 4001), tenantIds = own })).Expect(400);
        (await DraftAsync(id, "Nobody", [])).Expect(400);
        (await DraftAsync(id, "Unknown", [Guid.NewGuid()])).Expect(400);
        (await DraftAsync(id, "Platform", [new("00000000-0000-7000-8000-000000000000")])).Expect(400);
        (await DraftAsync(Guid.NewGuid(), "Nowhere", own)).Expect(404);
        (await Ops.FetchAsync(Path(Guid.NewGuid()))).Expect(404);
        (await SendAsync(id, Guid.NewGuid())).Expect(404);
        for (var more = 0; more < 17; more++)
        {
            (await DraftAsync(id, "One of many", own)).Expect(201);
        }

        var last = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DraftAsync(id, "Last", own)));
        Assert.Equal((1, 3), (last.Count(a => a.Code == 201), last.Count(a => a.ProblemType == "incident-notices-full")));

        // A notice of another incident is none of this one.
        var other = await portal.BreachAsync("playback_success");
        (await SendAsync(other, last.Single(a => a.Code == 201).Id)).Expect(404);
    }

    private static string Path(Guid incident) => $"/api/ops/incidents/{incident}/notices";

    private static object Body(string subject, Guid[]? tenants) => tenants is null
        ? new { subject, text = "Files came an hour late.\nNothing is lost." }
        : new { subject, text = "Files came an hour late.\nNothing is lost.", tenantIds = tenants };

    private Task<Answer> DraftAsync(Guid incident, string subject, Guid[]? tenants) =>
        Ops.PostAsync(Path(incident), Body(subject, tenants));

    private Task<Answer> SendAsync(Guid incident, Guid notice) => Ops.PostAsync($"{Path(incident)}/{notice}/send");
}
