using System.Net.Http.Json;
using Dapper;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Repeating a POST with its Idempotency-Key does nothing twice and answers alike.</summary>
public sealed class IdempotencyTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_same_request_again_answers_the_same_and_creates_nothing()
    {
        var first = (await CreateAsync("k-same", "One")).Expect(201);
        var again = (await CreateAsync("k-same", "One")).Expect(201);
        Assert.Equal(first.Body, again.Body);
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(1, await NamedAsync("One"));
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_refused()
    {
        (await CreateAsync("k-other", "First")).Expect(201);
        Assert.Equal("idempotency-key-reused", (await CreateAsync("k-other", "Second")).Expect(422).ProblemType);
        Assert.Equal(0, await NamedAsync("Second"));
    }

    [Fact]
    public async Task Keys_of_two_people_do_not_meet()
    {
        (await CreateAsync("k-people", "Mine")).Expect(201);
        var other = (await CreateAsync("k-people", "Mine", "other-admin")).Expect(201);
        Assert.False(other.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(2, await NamedAsync("Mine"));
    }

    [Fact]
    public async Task Keys_of_two_people_of_one_tenant_do_not_meet()
    {
        object body = new { projectId = await portal.NewProjectAsync(), title = "Grade the opening" };
        var mine = (await SendAsync("agency", "/api/tasks", "k-team", body)).Expect(201);
        var theirs = (await SendAsync("crew1", "/api/tasks", "k-team", body)).Expect(201);
        Assert.NotEqual(mine.Id, theirs.Id);
    }

    [Fact]
    public async Task The_same_body_at_another_address_is_another_request()
    {
        Assert.IsType<Reply>(await WorkAsync("k-address", _ => Task.FromResult<IResult>(Reply.NoContent)));
        var elsewhere = await WorkAsync("k-address", _ => Task.FromResult<IResult>(Reply.NoContent), "/api/made-up/too");
        Assert.Equal(422, Assert.IsType<Problem>(elsewhere).Status);
    }

    [Fact]
    public async Task A_refusal_is_kept_too()
    {
        object body = new { name = "With a stranger", memberIds = new[] { TestPeople.UserId("other-admin") } };
        var first = (await CreateAsync("k-refused", body)).Expect(400);
        var again = (await CreateAsync("k-refused", body)).Expect(400);
        Assert.True(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(first.Field("errors").ToJsonString(), again.Field("errors").ToJsonString());
        Assert.NotEqual(first.Text("requestId"), again.Text("requestId"));
        // What was written before the refusal is gone.
        Assert.Equal(0, await NamedAsync("With a stranger"));
    }

    [Fact]
    public async Task Too_many_is_not_kept_and_the_key_works_when_there_is_room_again()
    {
        var project = await portal.NewProjectAsync("Many uploads");
        var limits = portal.Services.GetRequiredService<RateLimitStore>().Limits;
        var usual = limits.UploadsPerDay;
        (await portal.AskUploadAsync(project)).Expect(201);
        limits.UploadsPerDay = 1;
        object body = new { projectId = project, fileName = "a.mp4", sizeBytes = 10 };
        try
        {
            (await SendAsync("agency", "/api/uploads", "k-many", body)).Expect(429);
        }
        finally
        {
            limits.UploadsPerDay = usual;
        }

        Assert.Equal(
            1, await portal.ScalarAsync<long>("select count(*) from portal.upload_jobs where project_id = @project", new { project }));
        var made = (await portal.WhileMovingAsync(SendAsync("agency", "/api/uploads", "k-many", body))).Expect(201);
        Assert.False(made.Headers.Contains("Idempotency-Replayed"));
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, true)]
    [InlineData(403, false)]
    [InlineData(409, false)]
    [InlineData(428, false)]
    [InlineData(429, true)]
    [InlineData(499, false)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    public async Task A_refusal_that_another_moment_could_undo_is_not_kept(int status, bool workedAgain)
    {
        var works = 0;
        for (var i = 0; i < 2; i++)
        {
            var answer = await WorkAsync($"k-status-{status}", _ =>
            {
                works++;
                return Task.FromResult<IResult>(new Problem(status, "made-up", "Made up"));
            });
            Assert.Equal(status, Assert.IsType<Problem>(answer).Status);
        }

        Assert.Equal(workedAgain ? 2 : 1, works);
    }

    [Theory]
    [InlineData("k-undone", 409)]
    [InlineData("k-undone-later", 503)]
    [InlineData("", 409)]
    public async Task What_a_refused_request_wrote_before_is_undone(string key, int status)
    {
        var name = $"Half {key}";
        Assert.IsType<Problem>(await WorkAsync(key, async tx =>
        {
            await tx.ExecuteAsync("""
                insert into portal.projects (id, tenant_id, name, created_by, created_at, updated_at)
                values (gen_random_uuid(), @tenant, @name, @by, now(), now())
                """, new { tenant = TestPeople.Tenant, name, by = TestPeople.UserId("admin") });
            return new Problem(status, "made-up", "Made up");
        }));
        Assert.Equal(0, await NamedAsync(name));
    }

    [Fact]
    public async Task After_a_day_the_key_is_free_again()
    {
        (await CreateAsync("k-day", "Daily")).Expect(201);
        portal.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.True((await CreateAsync("k-day", "Daily")).Expect(201).Headers.Contains("Idempotency-Replayed"));
        portal.Clock.Advance(TimeSpan.FromSeconds(1));
        var next = (await CreateAsync("k-day", "Daily")).Expect(201);
        Assert.False(next.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(2, await NamedAsync("Daily"));
    }

    [Fact]
    public async Task Eight_at_once_create_one_and_the_others_hear_of_it_or_wait()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CreateAsync("k-eight", "Eight")));
        Assert.All(answers, a => Assert.True(a.Code is 201 || a is { Code: 409, ProblemType: "idempotency-key-in-flight" }, a.Body));
        Assert.Contains(answers, a => a.Code == 201);
        Assert.Equal(1, await NamedAsync("Eight"));
    }

    [Fact]
    public async Task A_key_in_flight_is_refused()
    {
        await using var holder = await portal.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync(
            "select pg_advisory_xact_lock(hashtextextended(@text, 0))",
            new { text = $"{TestPeople.Tenant}{TestPeople.UserId("admin")}k-flight" });
        Assert.Equal("idempotency-key-in-flight", (await CreateAsync("k-flight", "Flight")).Expect(409).ProblemType);
        await transaction.RollbackAsync();
        (await CreateAsync("k-flight", "Flight")).Expect(201);
    }

    [Fact]
    public async Task A_secret_is_made_again_and_not_stored()
    {
        var asset = (await portal.UploadReadyAsync(await portal.NewProjectAsync())).Text("assetId");
        var first = (await SendAsync("agency", "/api/share-links", "k-link", new { assetId = asset })).Expect(201);
        var again = (await SendAsync("agency", "/api/share-links", "k-link", new { assetId = asset })).Expect(201);
        Assert.Equal(first.Text("token"), again.Text("token"));
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.idempotency_keys where body like '%' || @token || '%'", new { token = first.Text("token") }));
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.share_links"));
    }

    [Fact]
    public async Task An_upload_asked_for_twice_is_one_upload()
    {
        var project = await portal.NewProjectAsync("Uploads once");
        object body = new { projectId = project, fileName = "a.mp4", sizeBytes = 10 };
        var first = (await portal.WhileMovingAsync(SendAsync("agency", "/api/uploads", "k-upload", body))).Expect(201);
        var again = (await portal.WhileMovingAsync(SendAsync("agency", "/api/uploads", "k-upload", body))).Expect(201);
        Assert.Equal((first.Id, first.Field("target")["url"]!.ToString()), (again.Id, again.Field("target")["url"]!.ToString()));
        Assert.Equal(
            1, await portal.ScalarAsync<long>("select count(*) from portal.upload_jobs where project_id = @project", new { project }));
    }

    [Theory]
    [InlineData(255, 201)]
    [InlineData(256, 400)]
    public async Task A_key_has_255_characters_at_most(int length, int code) =>
        (await CreateAsync(new string('k', length), $"Key of {length}")).Expect(code);

    [Theory]
    [InlineData("two words")]
    public async Task A_key_that_is_no_key_is_refused(string key) => (await CreateAsync(key, "Never")).Expect(400);

    [Fact]
    public async Task An_unchanged_resource_is_not_sent_again()
    {
        var project = (await CreateAsync("k-etag", "Etag")).Expect(201);
        var read = await portal.As("admin").FetchAsync($"/api/projects/{project.Id}");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/projects/{project.Id}");
        request.Headers.IfNoneMatch.Add(read.Headers.ETag!);
        using var second = await portal.As("admin").SendAsync(request);
        Assert.Equal(304, (int)second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    private Task<Answer> CreateAsync(string key, string name, string person = "admin") =>
        SendAsync(person, "/api/projects", key, new { name });

    private Task<Answer> CreateAsync(string key, object body) => SendAsync("admin", "/api/projects", key, body);

    private async Task<Answer> SendAsync(string person, string path, string key, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await (await portal.As(person).SendAsync(request)).ReadAsync();
    }

    private Task<long> NamedAsync(string name) =>
        portal.ScalarAsync<long>("select count(*) from portal.projects where name = @name", new { name });

    /// <summary>A POST of the person to a function that does this.</summary>
    private Task<IResult> WorkAsync(string key, Func<Tx, Task<IResult>> work, string path = "/api/made-up")
    {
        var http = new DefaultHttpContext();
        http.Request.Method = "POST";
        http.Request.Path = path;
        http.Request.ContentType = "application/json";
        http.Request.Body = new MemoryStream("""{"reason":"Because"}"""u8.ToArray());
        http.Request.ContentLength = http.Request.Body.Length;
        if (key.Length > 0)
        {
            http.Request.Headers["Idempotency-Key"] = key;
        }

        return portal.Services.GetRequiredService<Writes>().PostAsync<ReasonInput>(
            http.Request, new TenantId(TestPeople.Tenant), TestPeople.UserId("admin"), (tx, _) => work(tx));
    }
}
