using System.Globalization;
using Npgsql;
using Portal.Tests.Soak.Fire;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Soak.Erasures;

/// <summary>A tenant that is full of everything.</summary>
/// <param name="Admin">Who asks for its erasure.</param>
/// <param name="Uploads">Jobs: a video of Mux's alone, one with an original, and one that waits for its bytes.</param>
public sealed record LeavingTenant(Guid Id, string Name, string Admin, string Organization, IReadOnlyList<Guid> Uploads)
{
    /// <summary>Its people who are in no other organization.</summary>
    public const int People = 4;

    /// <summary>So many rows of one table that they are deleted in batches.</summary>
    public const int Measured = 5000;

    /// <summary>Clerk's id of a member whose organization is another one.</summary>
    public string Elsewhere => $"user_{Admin}-elsewhere";
}

/// <summary>Makes tenants through the front door, with what is rare written as the app would have: people, projects, videos at Mux and in
/// the store, a guest, an export, reviews.</summary>
public sealed class EraseTenants(LivePortal portal, FireCaller caller)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <param name="domain">Of the addresses of its people.</param>
    public async Task<LeavingTenant> NewAsync(int number, string domain)
    {
        var admin = string.Create(CultureInfo.InvariantCulture, $"leaver{number}");
        await portal.Clerk.AddPersonAsync(new(
            admin, $"user_{admin}", $"{admin}@{domain}", $"Admin at {domain}", $"org_{admin}", $"org_{admin}", "org:admin"));
        var name = $"Portal of {admin} at {domain}";
        var tenant = (await caller.PostAsync(admin, "/api/tenants", new { name }, 201)).Id;
        return await FillAsync(tenant, name, admin, $"org_{admin}", domain);
    }

    public async Task<LeavingTenant> FillAsync(Guid tenant, string name, string admin, string organization, string domain)
    {
        var agency = await MemberAsync(tenant, organization, $"{admin}-agency", "agency", domain);
        var client = await MemberAsync(tenant, organization, $"{admin}-client", "client", domain);
        await MemberAsync(tenant, organization, $"{admin}-compliance", "compliance", domain);
        await MemberAsync(tenant, "org_elsewhere", $"{admin}-elsewhere", "client", "elsewhere.example");
        var project = await MakeAsync(admin, "/api/projects", new { name = $"Film for {domain}", memberIds = new[] { agency, client } });
        await PlanAsync(admin, agency, project, domain);
        var uploads = new[]
        {
            await UploadAsync($"{admin}-agency", project, "direct", ready: true),
            await UploadAsync($"{admin}-agency", project, "blob", ready: true),
            await UploadAsync($"{admin}-agency", project, "direct", ready: false),
        };
        await TalkAsync(admin, agency, uploads[0], domain);
        await ComplyAsync(admin, agency, domain);
        await using (var connection = new NpgsqlConnection(portal.Database.Admin))
        {
            await RareRows.AddAsync(connection, tenant, agency, portal.Clock!.GetUtcNow());
        }

        await portal.QueryAsync<int>("""
            insert into portal.analytics_raw (tenant_id, event_id, metric, occurred_at, recorded_at)
            select @tenant, gen_random_uuid(), 'uploads', @now, @now from generate_series(1, @Measured) returning 1
            """, new { tenant, LeavingTenant.Measured, now = portal.Clock!.GetUtcNow() });
        return new(tenant, name, admin, organization, uploads);
    }

    private async Task PlanAsync(string admin, Guid agency, Guid project, string domain)
    {
        await MakeAsync(admin, "/api/milestones", new { projectId = project, name = $"Picture lock of {domain}" });
        var template = await MakeAsync(admin, "/api/milestone-templates", ApiSamples.Template());
        await caller.PostAsync(
            admin, $"/api/projects/{project}/apply-template", new { templateId = template, startDate = Day(TimeSpan.FromDays(1)) }, 201);
        var (task, before) = (await TaskAsync(), await TaskAsync());
        foreach (var under in new[] { $"assignees/{agency}", $"watchers/{agency}", $"dependencies/{before}" })
        {
            await caller.SureAsync(admin, HttpMethod.Put, $"/api/tasks/{task}/{under}", null, 200, 204);
        }

        Task<Guid> TaskAsync() => MakeAsync(admin, "/api/tasks", new { projectId = project, title = $"Grade for {domain}" });
    }

    /// <summary>Comments, a link that a guest opens, an invite.</summary>
    private async Task TalkAsync(string admin, Guid agency, Guid upload, string domain)
    {
        var asset = (await caller.SureAsync(admin, HttpMethod.Get, $"/api/uploads/{upload}", null, 200)).Text("assetId");
        var comments = $"/api/assets/{asset}/versions/1/comments";
        var comment = await MakeAsync($"{admin}-agency", comments, new { body = $"Brighter for {domain}" });
        await MakeAsync(admin, comments, new { body = "As you say", parentId = comment, mentions = new[] { agency } });
        var link = await caller.PostAsync($"{admin}-agency", "/api/share-links", new
        {
            assetId = asset,
            allowComments = true,
            guestEmails = new[] { $"guest-of-{admin}@{domain}" },
        }, 201);
        await caller.SureAsync(null, HttpMethod.Get, $"/api/share/{link.Text("token")}", null, 200);
        await MakeAsync(admin, "/api/invites", new { email = $"invited-by-{admin}@{domain}", role = "client" });
    }

    /// <summary>A decision about consent, a review, a hold that is over, and an export that is ready.</summary>
    private async Task ComplyAsync(string admin, Guid person, string domain)
    {
        await caller.SureAsync(admin, HttpMethod.Put, "/api/me/consents", ApiSamples.Consents(), 200);
        await MakeAsync(admin, "/api/vendor-reviews", new
        {
            vendor = "clerk",
            result = "approved",
            evidenceUrls = new[] { "https://evidence.example/clerk" },
            reviewedOn = Day(TimeSpan.Zero),
        });
        var hold = await MakeAsync(admin, "/api/holds", new
        {
            kind = "person",
            subjectId = person,
            reason = $"A dispute of {domain}",
            reviewOn = Day(TimeSpan.FromDays(90)),
        });
        await caller.PostAsync($"{admin}-compliance", $"/api/holds/{hold}/lift", new { reason = "Settled" }, 200);
        await ReadyAsync("exports", await MakeAsync(admin, "/api/exports", new { kind = "tenant" }));
    }

    private async Task<Guid> UploadAsync(string person, Guid project, string source, bool ready)
    {
        var upload = (await caller.PostAsync(person, "/api/uploads", new
        {
            projectId = project,
            title = "Cut",
            fileName = "cut.mp4",
            sizeBytes = FireBytes.Length,
            source,
        }, 201, 202)).Id;
        if (ready)
        {
            await FireBytes.SendAsync(caller, person, upload);
            await ReadyAsync("upload_jobs", upload);
        }
        else
        {
            await Eventually.TrueAsync(
                async () => await portal.QueryAsync<string>(
                    "select mux_upload_id from portal.upload_jobs where id = @upload", new { upload }) is [not null],
                "an upload to wait for its bytes", Limit);
        }

        return upload;
    }

    private Task ReadyAsync(string table, Guid id) => Eventually.TrueAsync(
        async () => await portal.QueryAsync<string>($"select status from portal.{table} where id = @id", new { id }) is ["ready"],
        $"one of {table} to be ready", Limit);

    private async Task<Guid> MakeAsync(string person, string path, object body) => (await caller.PostAsync(person, path, body, 201)).Id;

    private string Day(TimeSpan ahead) =>
        (portal.Clock!.GetUtcNow() + ahead).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Written as enrolment would.</summary>
    private async Task<Guid> MemberAsync(Guid tenant, string organization, string handle, string role, string domain)
    {
        var (id, email) = (TestPeople.UserId(handle), $"{handle}@{domain}");
        await portal.Clerk.AddPersonAsync(new(handle, $"user_{handle}", email, handle, organization, organization, role));
        await portal.QueryAsync<int>("""
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (@id, @tenant, 'user_' || @handle, @email, @handle, @role, now(), now()) returning 1
            """, new { id, tenant, handle, email, role });
        return id;
    }
}
