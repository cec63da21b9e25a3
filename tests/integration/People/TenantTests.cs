using System.Text.Json;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.People;

public sealed class TenantTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Somebody_of_an_organization_without_a_portal_sets_it_up_and_is_its_admin()
    {
        await portal.AddAtClerkAsync("founder", "org_founder");
        Assert.Equal("no-tenant", (await portal.As("founder").FetchAsync("/api/me")).Expect(403).ProblemType);
        var tenant = (
            await portal.As("founder").PostAsync("/api/tenants", new { name = "New films", timeZone = "Pacific/Auckland" })).Expect(201);
        Assert.Equal(("New films", "Pacific/Auckland", "8"), (tenant.Text("name"), tenant.Text("timeZone"), tenant.Text("digestHour")));

        var me = (await portal.As("founder").FetchAsync("/api/me")).Expect(200);
        Assert.Equal(("admin", "founder@portal.example", "Person founder"), (me.Text("role"), me.Text("email"), me.Text("name")));
        Assert.Equal(tenant.Id.ToString(), me.Field("tenant")["id"]!.ToString());
        Assert.Equal(
            ["tenant_created", "user_enrolled"],
            await portal.ListAsync("select action from portal.audit_log where tenant_id = @id order by action", new { id = tenant.Id }));
        Assert.Equal(
            2, await portal.ScalarAsync<long>("select count(*) from portal.events where tenant_id = @id", new { id = tenant.Id }));
        await portal.NothingPersonalIsKeptAsync("founder", "New films");
    }

    [Fact]
    public async Task An_organization_has_one_portal_also_when_eight_ask_at_once()
    {
        await portal.AddAtClerkAsync("eager", "org_eager");
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => portal.As("eager").PostAsync("/api/tenants", new { name = $"Try {i}" })));
        Assert.Single(answers, a => a.Code == 201);
        Assert.All(answers.Where(a => a.Code != 201), a => Assert.Equal("tenant-exists", a.Expect(409).ProblemType));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.users where clerk_user_id = 'user_eager'"));
        Assert.Equal(
            "tenant-exists", (await portal.As("admin").PostAsync("/api/tenants", new { name = "Second" })).Expect(409).ProblemType);
    }

    [Fact]
    public async Task Without_an_organization_there_is_nothing_to_set_up()
    {
        await portal.AddAtClerkAsync("loner", null);
        Assert.Equal(
            "no-organization", (await portal.As("loner").PostAsync("/api/tenants", new { name = "Mine" })).Expect(403).ProblemType);
        (await portal.Anonymous.PostAsync("/api/tenants", new { name = "Mine" })).Expect(401);
    }

    [Fact]
    public async Task A_portal_is_set_up_by_an_admin_of_the_organization_whose_address_is_proved()
    {
        await portal.AddAtClerkAsync("plain", "org_plain", "org:member");
        Assert.Equal(
            "not-organization-admin", (await portal.As("plain").PostAsync("/api/tenants", new { name = "Mine" })).Expect(403).ProblemType);
        await portal.AddAtClerkAsync("claimer", "org_plain");
        portal.Clerk.Faults.FailNextApiCalls(1, LocalVendors.ApiFault.Status(200, """
            { "id": "user_claimer", "primary_email_address_id": "idn_1",
              "email_addresses": [{ "id": "idn_1", "email_address": "boss@portal.example", "verification": { "status": "unverified" } }] }
            """), (_, path) => path.StartsWith("/v1/users", StringComparison.Ordinal));
        Assert.Equal(
            "email-not-verified", (await portal.As("claimer").PostAsync("/api/tenants", new { name = "Mine" })).Expect(403).ProblemType);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.tenants where clerk_org_id = 'org_plain'"));
        (await portal.As("claimer").PostAsync("/api/tenants", new { name = "Mine" })).Expect(201);
    }

    [Fact]
    public async Task A_portal_is_attempted_ten_times_an_hour()
    {
        await portal.AddAtClerkAsync("insistent", "org_insistent");
        portal.Clerk.Faults.FailNextApiCalls(10, LocalVendors.ApiFault.Status(200, """
            { "id": "user_insistent", "email_addresses": [] }
            """), (_, path) => path.StartsWith("/v1/users", StringComparison.Ordinal));
        for (var i = 0; i < 10; i++)
        {
            (await portal.As("insistent").PostAsync("/api/tenants", new { name = "Mine" })).Expect(403);
        }

        var refused = (await portal.As("insistent").PostAsync("/api/tenants", new { name = "Mine" })).Expect(429);
        portal.Clock.Advance(refused.Headers.RetryAfter!.Delta!.Value);
        (await portal.As("insistent").PostAsync("/api/tenants", new { name = "Mine" })).Expect(201);
    }

    [Theory]
    [InlineData("""{"name":"x","timeZone":"AUS Eastern Standard Time"}""", "/timeZone")]
    [InlineData("""{"name":"x","timeZone":"../../etc/passwd"}""", "/timeZone")]
    [InlineData("""{"name":"x","timeZone":"Mars/Olympus"}""", "/timeZone")]
    [InlineData("""{"timeZone":"UTC"}""", "/name")]
    public async Task Bad_settings_of_a_new_portal_are_named(string json, string pointer)
    {
        await portal.AddAtClerkAsync("careless", "org_careless");
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        var answer = (
            await (await portal.As("careless").PostAsync(new Uri("/api/tenants", UriKind.Relative), content)).ReadAsync()).Expect(400);
        Assert.Contains(answer.Field("errors").AsArray(), e => e!["pointer"]!.ToString() == pointer);
    }

    [Fact]
    public async Task While_clerk_is_away_nothing_is_set_up_and_later_it_is()
    {
        await portal.AddAtClerkAsync("patient", "org_patient");
        portal.Clerk.Faults.FailNextApiCalls(
            1, LocalVendors.ApiFault.Status(500), (_, path) => path.StartsWith("/v1/users", StringComparison.Ordinal));
        (await portal.As("patient").PostAsync("/api/tenants", new { name = "Later" })).Expect(503);
        Assert.Equal(0, await portal.ScalarAsync<long>("select count(*) from portal.tenants where clerk_org_id = 'org_patient'"));
        (await portal.As("patient").PostAsync("/api/tenants", new { name = "Later" })).Expect(201);
    }

    [Fact]
    public async Task Branding_and_compliance_settings_change_field_by_field()
    {
        await portal.NewTenantAsync("brand");
        var http = portal.As("brand");
        var first = (await http.ChangeAsync("/api/tenant", new
        {
            name = "Brand new",
            timeZone = "Europe/Vienna",
            digestHour = 0,
            logoUrl = "https://cdn.brand.example/logo.svg",
            accentColor = "#0a7cff",
            senderName = "Brand team",
            residencyContact = "dpo@brand.example",
            retention = new { notificationDays = 30, activeVideoDays = 60 },
        })).Expect(200);
        Assert.Equal(
            ("Brand new", "0", "#0a7cff", "2"), (
                first.Text("name"), first.Text("digestHour"), first.Text("accentColor"), first.Text("version")));
        Assert.Equal(
            (30, 365, 60), (
                (int)first.Field("retention")["notificationDays"]!, (int)first.Field("retention")["uploadJobDays"]!,
                (int)first.Field("retention")["activeVideoDays"]!));

        var second = (
            await http.ChangeAsync(
                "/api/tenant", new { logoUrl = (string?)null, retention = new { notificationDays = (int?)null } })).Expect(200);
        Assert.Null(second.Json!["logoUrl"]);
        Assert.Equal(
            ("Brand new", 90, 60), (
                second.Text("name"), (int)second.Field("retention")["notificationDays"]!,
                (int)second.Field("retention")["activeVideoDays"]!));
        var third = (await http.ChangeAsync("/api/tenant", new { retention = (object?)null })).Expect(200);
        Assert.Equal(180, (int)third.Field("retention")["activeVideoDays"]!);
        Assert.Equal(
            3, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where action = 'tenant_changed' and tenant_id = (select id from portal.tenants "
                    + "where clerk_org_id = 'org_brand')"));
        Assert.Equal(
            3, await portal.ScalarAsync<long>(
                "select count(*) from portal.events e join portal.tenants t on t.id = e.aggregate_id "
                    + "where e.type = 'tenant_changed' and t.clerk_org_id = 'org_brand'"));
        await portal.NothingPersonalIsKeptAsync("Brand team", "Brand new");
    }

    [Fact]
    public async Task Each_setting_is_kept_where_it_is_read_from_and_changes_no_other()
    {
        await portal.NewTenantAsync("settler");
        var http = portal.As("settler");
        var wanted = new Dictionary<string, object>
        {
            ["name"] = "Settled",
            ["timeZone"] = "Europe/Vienna",
            ["digestHour"] = 5,
            ["logoUrl"] = "https://cdn.settler.example/logo.svg",
            ["accentColor"] = "#0a7cff",
            ["senderName"] = "Settler team",
            ["residencyContact"] = "dpo@settler.example",
            ["residency"] = "australia",
            ["monthlyBudgetUsd"] = 321,
        };
        var days = new Dictionary<string, object>
        {
            ["notificationDays"] = 31,
            ["uploadJobDays"] = 32,
            ["activeVideoDays"] = 33,
            ["inactiveVideoDays"] = 34,
            ["rawAnalyticsDays"] = 5,
        };
        var expected = (await http.FetchAsync("/api/tenant")).Expect(200).Json!.AsObject();
        foreach (var (field, value) in wanted.Concat(days))
        {
            var within = days.ContainsKey(field);
            object change = within
                ? new { retention = new Dictionary<string, object> { [field] = value } }
                : new Dictionary<string, object> { [field] = value };
            (within ? expected["retention"]!.AsObject() : expected)[field] = JsonSerializer.SerializeToNode(value);
            (await http.ChangeAsync("/api/tenant", change)).Expect(200);
            var read = (await http.FetchAsync("/api/tenant")).Expect(200).Json!.AsObject();
            foreach (var moving in new[] { "version", "updatedAt" })
            {
                read.Remove(moving);
                expected.Remove(moving);
            }

            Assert.Equal(expected.ToJsonString(), read.ToJsonString());
        }
    }

    [Theory]
    [InlineData("logoUrl", "http://cdn.example/logo.svg")]
    [InlineData("logoUrl", "https://user:secret@cdn.example/logo.svg")]
    [InlineData("logoUrl", "javascript:alert(1)")]
    [InlineData("accentColor", "red")]
    [InlineData("accentColor", "#0A7CFF")]
    [InlineData("digestHour", 24)]
    [InlineData("digestHour", -1)]
    [InlineData("name", "")]
    [InlineData("name", null)]
    [InlineData("timeZone", "Sydney")]
    [InlineData("residencyContact", "nobody")]
    [InlineData("notificationDays", 6, "/retention/notificationDays")]
    [InlineData("notificationDays", 91, "/retention/notificationDays")]
    [InlineData("activeVideoDays", 181, "/retention/activeVideoDays")]
    [InlineData("auditDays", 30, "/retention/auditDays")]
    public async Task Settings_outside_their_limits_are_refused(string field, object? value, string? inRetention = null)
    {
        object body = new Dictionary<string, object?> { [field] = value };
        var sent = inRetention is null ? body : new Dictionary<string, object?> { ["retention"] = body };
        var answer = (await portal.As("admin").ChangeAsync("/api/tenant", sent)).Expect(400);
        Assert.Equal(inRetention ?? $"/{field}", answer.Field("errors")[0]!["pointer"]!.ToString());
    }

    [Fact]
    public async Task A_change_names_the_version_it_means()
    {
        await portal.NewTenantAsync("versions");
        var http = portal.As("versions");
        (await http.WriteAsync(HttpMethod.Patch, "/api/tenant", new { name = "x" }, null)).Expect(428);
        (await http.WriteAsync(HttpMethod.Patch, "/api/tenant", new { name = "x" }, "\"7\"")).Expect(412);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => http.WriteAsync(HttpMethod.Patch, "/api/tenant", new { name = $"Name {i}" }, "\"1\"")));
        Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers.Where(a => a.Code != 200), a => a.Expect(412));
    }

    [Fact]
    public async Task A_deleted_portal_lets_nobody_in_and_its_invites_are_revoked()
    {
        var tenant = await portal.NewTenantAsync("leaver");
        var http = portal.As("leaver");
        var invite = (await http.PostAsync("/api/invites", new { email = "late@portal.example", role = "agency" })).Expect(201);
        (await http.WriteAsync(HttpMethod.Delete, "/api/tenant", null, null)).Expect(428);
        (await http.WriteAsync(HttpMethod.Delete, "/api/tenant", null, "\"9\"")).Expect(412);
        (await http.WriteAsync(HttpMethod.Delete, "/api/tenant", null, "\"1\"")).Expect(204);

        foreach (var path in new[] { "/api/me", "/api/tenant", "/api/projects", "/api/notifications" })
        {
            Assert.Equal("no-tenant", (await http.FetchAsync(path)).Expect(403).ProblemType);
        }

        Assert.Equal("tenant-exists", (await http.PostAsync("/api/tenants", new { name = "Again" })).Expect(409).ProblemType);
        Assert.Equal(
            "deleted", await portal.ScalarAsync<string>("select status from portal.tenants where id = @id", new { id = tenant.Id }));
        Assert.Equal(
            "revoked", await portal.ScalarAsync<string>("select status from portal.invites where id = @id", new { id = invite.Id }));
        await portal.Host.RunTimerAsync("SyncInvites");
        Assert.Equal(
            "none", await portal.ScalarAsync<string>("select clerk_state from portal.invites where id = @id", new { id = invite.Id }));
        Assert.Contains(
            "tenant_deleted", await portal.ListAsync("select action from portal.audit_log where tenant_id = @id", new { id = tenant.Id }));
    }

    [Theory]
    [InlineData("agency")]
    [InlineData("client")]
    [InlineData("compliance")]
    public async Task Only_admins_see_and_change_settings(string person)
    {
        (await portal.As(person).FetchAsync("/api/tenant")).Expect(403);
        (await portal.As(person).WriteAsync(HttpMethod.Patch, "/api/tenant", new { name = "Mine" }, "\"1\"")).Expect(403);
        (await portal.As(person).WriteAsync(HttpMethod.Delete, "/api/tenant", null, "\"1\"")).Expect(403);
    }
}
