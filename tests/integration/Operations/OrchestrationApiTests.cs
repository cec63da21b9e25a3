using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>On-call's API over Durable's management routes, through the front door.</summary>
public sealed class OrchestrationApiTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private static readonly Guid Platform = new("00000000-0000-7000-8000-000000000000");
    private Guid project;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        project = await portal.NewProjectAsync("Secret launch film");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("GET", "/api/ops/board")]
    [InlineData("GET", "/api/ops/orchestrations")]
    [InlineData("GET", "/api/ops/orchestrations/x")]
    [InlineData("POST", "/api/ops/orchestrations/x/replay")]
    [InlineData("POST", "/api/ops/orchestrations/x/terminate")]
    [InlineData("POST", "/api/ops/orchestrations/x/suspend")]
    [InlineData("POST", "/api/ops/orchestrations/x/resume")]
    [InlineData("POST", "/api/ops/orchestrations/x/rewind")]
    public async Task Only_Operators_get_in(string method, string path)
    {
        async Task<Answer> AskAsync(HttpClient http)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Content = method == "POST" ? new StringContent("""{"reason":"x"}""", Encoding.UTF8, "application/json") : null;
            return await (await http.SendAsync(request)).ReadAsync();
        }

        (await AskAsync(portal.Anonymous)).Expect(401);
        foreach (var person in new[] { "admin", "agency", "client", "compliance", "other-admin" })
        {
            Assert.Equal("forbidden", (await AskAsync(portal.As(person))).Expect(403).ProblemType);
        }

        var answer = await AskAsync(portal.As("operator"));
        Assert.True(answer.Code is 200 or 404, answer.Body);
    }

    [Fact]
    public async Task An_impersonated_Operator_and_a_cookie_of_the_page_are_refused()
    {
        using var browser = await portal.SignedInAsync();
        (await browser.FetchAsync("/api/ops/board")).Expect(401);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/ops/board");
        request.Headers.Authorization = new("Bearer", (await portal.Clerk.SignInAsync("operator", new() { Actor = "user_support" })).Jwt);
        (await (await portal.Anonymous.SendAsync(request)).ReadAsync()).Expect(403);
    }

    [Theory]
    [InlineData("GET", "/instances")]
    [InlineData("GET", "/instances/x?showHistory=true")]
    [InlineData("DELETE", "/instances/x")]
    [InlineData("POST", "/instances/x/terminate")]
    [InlineData("POST", "/instances/x/suspend")]
    [InlineData("POST", "/instances/x/resume")]
    [InlineData("POST", "/instances/x/restart")]
    [InlineData("POST", "/orchestrators/UploadPipeline/x")]
    public async Task Durables_own_routes_want_the_system_key_and_no_session_opens_them(string method, string path)
    {
        var verb = new HttpMethod(method);
        (await portal.ManageAsync(verb, path, key: null)).Expect(401);
        (await portal.ManageAsync(verb, path, key: "guess")).Expect(401);
        foreach (var person in new[] { "admin", "agency", "operator" })
        {
            using var request = new HttpRequestMessage(verb, "/runtime/webhooks/durabletask" + path);
            Assert.Equal(HttpStatusCode.Unauthorized, (await portal.As(person).SendAsync(request)).StatusCode);
        }

        Assert.NotEqual(401, (await portal.ManageAsync(HttpMethod.Get, "/instances?top=1")).Code);
        (await portal.ManageAsync(HttpMethod.Get, "/instances/x")).Expect(404);
    }

    [Fact]
    public async Task A_waiting_upload_is_found_by_job_status_name_and_age_with_ids_and_states_only()
    {
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SettleAsync();
        var now = portal.Clock.GetUtcNow().UtcDateTime;
        string[] finding =
        [
            $"uploadJobId={upload.Id}", $"uploadJobId={upload.Id}&status=running,pending", $"uploadJobId={upload.Id}&name=uploadpipeline",
            $"uploadJobId={upload.Id}&createdFrom={now.AddHours(-1):O}&createdTo={now.AddHours(1):O}",
        ];
        foreach (var query in finding)
        {
            var list = (await portal.As("operator").FetchAsync($"/api/ops/orchestrations?{query}")).Expect(200);
            var item = Assert.Single(list.Field("items").AsArray())!;
            Assert.Equal(OpsCalls.InstanceOf(upload), item["instanceId"]!.ToString());
            Assert.Equal("Running", item["runtimeStatus"]!.ToString());
            Assert.Equal("waiting", item["upload"]!["status"]!.ToString());
            Assert.Equal(TestPeople.Tenant.ToString(), item["upload"]!["tenantId"]!.ToString());
            Assert.Equal("running", item["diagnosis"]!["group"]!.ToString());
            Assert.DoesNotContain("Cut one", list.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("cut-1", list.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("Secret", list.Body, StringComparison.Ordinal);
        }

        string[] missing = [
            $"uploadJobId={upload.Id}&status=Completed", $"uploadJobId={upload.Id}&name=Other",
            $"uploadJobId={upload.Id}&createdTo={now.AddDays(-1):O}", $"uploadJobId={Guid.NewGuid()}"
        ];
        foreach (var query in missing)
        {
            Assert.Empty(
                (await portal.As("operator").FetchAsync($"/api/ops/orchestrations?{query}")).Expect(200).Field("items").AsArray());
        }
    }

    [Fact]
    public async Task Searches_come_in_pages_whose_cursor_belongs_to_the_question()
    {
        for (var i = 0; i < 5; i++)
        {
            await portal.StartUnknownAsync($"paged-{i}", i == 2 ? "OtherOne" : "PagedOne");
        }

        var ids = new List<string>();
        var path = "/api/ops/orchestrations?status=Failed&name=PagedOne&limit=2";
        string? cursor = null;
        do
        {
            var page = (await portal.As("operator").FetchAsync(cursor is null ? path : $"{path}&cursor={cursor}")).Expect(200);
            var items = page.Field("items").AsArray();
            Assert.InRange(items.Count, 0, 2);
            ids.AddRange(items.Select(item => item!["instanceId"]!.ToString()));
            if (cursor is null && page.Json!["nextCursor"] is { } first)
            {
                (
                    await portal.As("operator").FetchAsync(
                        $"/api/ops/orchestrations?status=Failed&name=OtherOne&limit=2&cursor={first}")).Expect(400);
                (await portal.As("operator").FetchAsync($"{path}&cursor=x{first}")).Expect(400);
            }

            cursor = page.Json!["nextCursor"]?.ToString();
        }
        while (cursor is not null);
        Assert.Equal(["paged-0", "paged-1", "paged-3", "paged-4"], ids.Order());
    }

    [Theory]
    [InlineData("status=Sleeping", "?status")]
    [InlineData("limit=0", "?limit")]
    [InlineData("limit=201", "?limit")]
    [InlineData("createdFrom=yesterday", "?createdFrom")]
    [InlineData("uploadJobId=7", "?uploadJobId")]
    [InlineData("cursor=abc", "?cursor")]
    public async Task A_question_that_breaks_a_rule_is_a_problem_that_names_it(string query, string pointer)
    {
        var answer = (await portal.As("operator").FetchAsync($"/api/ops/orchestrations?{query}")).Expect(400);
        Assert.Equal("invalid-request", answer.ProblemType);
        Assert.Equal(pointer, answer.Field("errors")[0]!["pointer"]!.ToString());
    }

    [Fact]
    public async Task The_timeline_tells_tries_waits_and_errors_in_words()
    {
        var upload = await UploadThatCannotOpenAsync();
        var opened = (await portal.OpenAsync(OpsCalls.InstanceOf(upload))).Expect(200);
        var lines = opened.Field("timeline").AsArray().Select(line => line!).ToList();
        var attempts = lines.Where(
            line => line["name"]!.ToString() == "OpenUploadAtMux" && line["kind"]!.ToString() == "activity").ToList();

        Assert.Equal("started", lines[0]["kind"]!.ToString());
        Assert.Equal([1, 2], attempts.Select(line => (int)line["attempt"]!));
        Assert.All(attempts, line => Assert.Equal("failed", line["state"]!.ToString()));
        Assert.All(attempts, line => Assert.Contains("503", line["error"]!.ToString(), StringComparison.Ordinal));
        var waits = lines.Where(line => line["kind"]!.ToString() == "retryWait").ToList();
        Assert.Equal(["done", "waiting"], waits.Select(line => line["state"]!.ToString()));
        Assert.InRange(Length(waits[0]).TotalSeconds, 1, 30.01);
        Assert.StartsWith("Waited ", waits[0]["text"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, (int)waits[1]["attempt"]!);

        var look = opened.Field("orchestration");
        Assert.Equal("retrying", look["diagnosis"]!["code"]!.ToString());
        Assert.Equal(2, (int)look["upload"]!["attempts"]!);
        Assert.Contains("503", look["upload"]!["lastError"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal((DateTimeOffset)waits[1]["dueAt"]!, (DateTimeOffset)look["upload"]!["nextRetryAt"]!, TimeSpan.FromMilliseconds(1));
        Assert.Equal(["suspend", "terminate"], opened.Field("possibleActs").AsArray().Select(act => act!.ToString()));
        portal.Mux.Faults.Clear();
    }

    [Fact]
    public async Task A_wait_that_news_overtook_is_told_apart_from_one_that_ran_out()
    {
        portal.Mux.Faults.DropWebhooks = _ => true;
        var upload = (await portal.AskUploadAsync(project)).Expect(201);
        await portal.SettleAsync();
        portal.Clock.Advance(TimeSpan.FromMinutes(3));
        await Eventually.TrueAsync(
            async () => { await portal.SettleAsync(); return (await WaitsAsync()).Contains("done"); }, "the first wait to run out");
        (await portal.As("agency").PostAsync($"/api/uploads/{upload.Id}/cancel")).Expect(200);
        await portal.SettleAsync();
        Assert.Equal(["done", "cut"], await WaitsAsync());
        Assert.Equal(
            "completed", (await portal.OpenAsync(OpsCalls.InstanceOf(upload))).Field("timeline").AsArray()[^1]!["kind"]!.ToString());

        // A turn in Mux's queue is a timer too, of less than a second.
        async Task<List<string>> WaitsAsync() => [.. (await portal.OpenAsync(OpsCalls.InstanceOf(upload))).Field("timeline").AsArray()
            .Where(
                line =>
                    line!["kind"]!.ToString() == "timer" && Length(line) >= TimeSpan.FromMinutes(2)).Select(line =>
                        line!["state"]!.ToString())];
    }

    [Theory]
    [InlineData("nothing-like-it")]
    [InlineData("..")]
    [InlineData("%2e%2e")]
    [InlineData("a%23b")]
    [InlineData("00000000-0000-0000-0000-000000000001-1")]
    public async Task An_unknown_orchestration_is_404_for_reading_and_for_every_act(string id)
    {
        var before = await portal.AuditRowsAsync();
        Assert.Equal(404, (await portal.OpenAsync(id)).Code);
        foreach (var act in new[] { "replay", "rewind", "terminate", "suspend", "resume" })
        {
            Assert.Equal(404, (await portal.ActAsync(id, act)).Code);
        }

        Assert.Equal(before, await portal.AuditRowsAsync());
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("""{"reason":""}""", 400)]
    [InlineData("""{"reason":"   "}""", 400)]
    [InlineData("""{"reason":7}""", 400)]
    [InlineData("""{"reason":"x","force":true}""", 400)]
    [InlineData("reason", 400)]
    public async Task Without_a_reason_nothing_is_done(string body, int code)
    {
        var upload = (await portal.AskUploadAsync(project, "crew1")).Expect(201);
        var before = await portal.AuditRowsAsync();
        foreach (var act in new[] { "replay", "rewind", "terminate", "suspend", "resume" })
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            (
                await (
                    await portal.As("operator").PostAsync(
                        new Uri(
                            $"/api/ops/orchestrations/{OpsCalls.InstanceOf(upload)}/{act}", UriKind.Relative),
                            content)).ReadAsync()).Expect(code);
        }

        (await portal.ActAsync(OpsCalls.InstanceOf(upload), "terminate", new { reason = new string('x', 501) })).Expect(400);
        Assert.Equal(before, await portal.AuditRowsAsync());
        Assert.Equal("Running", await portal.RuntimeStatusAsync(OpsCalls.InstanceOf(upload)));
    }

    [Fact]
    public async Task Suspend_and_resume_are_audited_in_the_tenant_of_the_job_and_keep_the_reason_out_of_history()
    {
        var upload = (await portal.AskUploadAsync(project, "crew1")).Expect(201);
        var id = OpsCalls.InstanceOf(upload);
        (await portal.ActAsync(id, "suspend")).Expect(202);
        await portal.UntilRuntimeAsync(id, "Suspended");
        var suspended = (await portal.OpenAsync(id)).Expect(200);
        Assert.Equal(
            ("stuck", "suspended"), (
                suspended.Field("orchestration")["diagnosis"]!["group"]!.ToString(),
                suspended.Field("orchestration")["diagnosis"]!["code"]!.ToString()));
        Assert.Equal(["resume", "terminate"], suspended.Field("possibleActs").AsArray().Select(act => act!.ToString()));

        var audit = await portal.AuditAsync(upload.Id, "orchestration_suspend");
        Assert.Equal(
            (TestPeople.Tenant.ToString(), "operator", "user_operator", "upload_job", 1),
            (
                audit["tenant"]!.ToString(), audit["actorKind"]!.ToString(), audit["actor"]!.ToString(), audit["type"]!.ToString(),
                (int)audit["times"]!));
        Assert.Equal((id, "Mux was down from 10 to 11"), (audit["new"]!["instanceId"]!.ToString(), audit["new"]!["reason"]!.ToString()));
        Assert.Equal("Running", audit["old"]!["runtimeStatus"]!.ToString());
        var history = (
            await portal.ManageAsync(HttpMethod.Get, $"/instances/{id}?showHistory=true&showHistoryOutput=true")).Expect(202).Body;
        Assert.Contains($"operator:{audit["request"]}", history, StringComparison.Ordinal);
        Assert.DoesNotContain("Mux was down", history, StringComparison.Ordinal);

        Assert.Equal("orchestration-act-refused", (await portal.ActAsync(id, "suspend")).Expect(409).ProblemType);
        (await portal.ActAsync(id, "resume")).Expect(202);
        await portal.UntilRuntimeAsync(id, "Running");
        (await portal.ActAsync(id, "resume")).Expect(409);
        Assert.Equal(id, (await portal.AuditAsync(upload.Id, "orchestration_resume"))["new"]!["instanceId"]!.ToString());
    }

    [Fact]
    public async Task A_terminated_pipeline_leaves_a_stuck_upload_which_a_replay_carries_on()
    {
        var upload = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        var id = OpsCalls.InstanceOf(upload);
        (await portal.ActAsync(id, "terminate")).Expect(202);
        await portal.UntilRuntimeAsync(id, "Terminated");
        var left = (await portal.OpenAsync(id)).Expect(200);
        Assert.Equal("abandoned", left.Field("orchestration")["diagnosis"]!["code"]!.ToString());
        Assert.Equal(["replay"], left.Field("possibleActs").AsArray().Select(act => act!.ToString()));
        Assert.Contains(
            id, (
                await portal.As("operator").FetchAsync("/api/ops/board")).Expect(200).Field("stuck").ToJsonString(),
                StringComparison.Ordinal);
        (await portal.ActAsync(id, "terminate")).Expect(409);

        Assert.Equal(id, (await portal.ActAsync(id, "replay")).Expect(202).Text("instanceId"));
        Assert.Equal(
            "Mux was down from 10 to 11", (await portal.AuditAsync(upload.Id, "orchestration_restart"))["new"]!["reason"]!.ToString());
        await portal.UntilRuntimeAsync(id, "Running");
        await portal.SendBytesAsync((await portal.As("crew2").FetchAsync($"/api/uploads/{upload.Id}")).Expect(200));
        await portal.UntilAsync(upload.Id, "ready");
    }

    [Fact]
    public async Task A_failed_upload_is_replayed_from_its_orchestration_and_the_old_attempt_says_where_to_look()
    {
        portal.Mux.Faults.FailNextEncodings(1, "The machine that encodes caught fire.");
        var upload = (await portal.AskUploadAsync(project, "crew3")).Expect(201);
        await portal.SendBytesAsync(upload);
        await portal.UntilAsync(upload.Id, "failed");
        var board = (await portal.As("operator").FetchAsync("/api/ops/board")).Expect(200);
        var item = board.Field("failed")["items"]!.AsArray().Single(i => i!["instanceId"]!.ToString() == OpsCalls.InstanceOf(upload))!;
        Assert.Equal("mux_errored", item["diagnosis"]!["code"]!.ToString());
        Assert.Contains("caught fire", item["diagnosis"]!["text"]!.ToString(), StringComparison.Ordinal);

        Assert.Equal(
            OpsCalls.InstanceOf(upload, 2), (await portal.ActAsync(OpsCalls.InstanceOf(upload), "replay")).Expect(202).Text("instanceId"));
        Assert.Equal("Mux was down from 10 to 11", (await portal.AuditAsync(upload.Id, "upload_replayed"))["new"]!["reason"]!.ToString());
        await portal.SettleAsync();
        Assert.Equal("Running", await portal.RuntimeStatusAsync(OpsCalls.InstanceOf(upload, 2)));

        // The row of an upload has failed a moment before its orchestration is over.
        await portal.UntilRuntimeAsync(OpsCalls.InstanceOf(upload), "Completed");
        var earlier = (await portal.OpenAsync(OpsCalls.InstanceOf(upload))).Expect(200).Field("orchestration");
        Assert.Equal(
            ("over", "failed", 2), (
                earlier["diagnosis"]!["group"]!.ToString(), earlier["upload"]!["status"]!.ToString(),
                (int)earlier["upload"]!["currentAttempt"]!));
        (await portal.ActAsync(OpsCalls.InstanceOf(upload), "replay")).Expect(409);
        (await portal.OpenAsync(OpsCalls.InstanceOf(upload, 3))).Expect(404);
    }

    [Fact]
    public async Task An_act_on_what_carries_no_upload_is_audited_with_the_platform()
    {
        await portal.StartUnknownAsync("nightly");
        var failed = (await portal.OpenAsync("nightly")).Expect(200);
        Assert.Equal(
            ("Failed", "failed"), (
                failed.Field("orchestration")["runtimeStatus"]!.ToString(),
                failed.Field("orchestration")["diagnosis"]!["group"]!.ToString()));
        Assert.Contains("NoSuchOrchestrator", failed.Field("timeline").AsArray()[^1]!["error"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(["rewind"], failed.Field("possibleActs").AsArray().Select(act => act!.ToString()));
        (await portal.ActAsync("nightly", "replay")).Expect(409);
        (await portal.ActAsync("nightly", "resume")).Expect(409);

        // One that lives: a second pipeline of somebody's upload, under an id that says nothing of it.
        var upload = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        var input = (await portal.ManageAsync(HttpMethod.Get, $"/instances/{OpsCalls.InstanceOf(upload)}")).Field("input").ToJsonString();
        var live = Guid.NewGuid();
        (await portal.ManageAsync(HttpMethod.Post, $"/orchestrators/UploadPipeline/{live}", body: input)).Expect(202);
        await portal.SettleAsync();
        (await portal.ActAsync(live.ToString(), "terminate")).Expect(202);
        var audit = await portal.AuditAsync(live, "orchestration_terminate");
        Assert.Equal((Platform.ToString(), "orchestration"), (audit["tenant"]!.ToString(), audit["type"]!.ToString()));
        Assert.Equal(live.ToString(), audit["new"]!["instanceId"]!.ToString());
        Assert.Equal("Running", await portal.RuntimeStatusAsync(OpsCalls.InstanceOf(upload)));
    }

    [Fact]
    public async Task An_upload_whose_orchestration_was_never_started_is_stuck_after_two_minutes()
    {
        var upload = (await portal.AskUploadAsync(project, "crew4")).Expect(201);
        (await portal.ActAsync(OpsCalls.InstanceOf(upload), "terminate")).Expect(202);
        await portal.UntilRuntimeAsync(OpsCalls.InstanceOf(upload), "Terminated");
        (await portal.ManageAsync(HttpMethod.Delete, $"/instances/{OpsCalls.InstanceOf(upload)}")).Expect(200);
        Assert.Equal("starting", await CodeAsync());
        portal.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal("not_started", await CodeAsync());

        async Task<string> CodeAsync() =>
            (await portal.OpenAsync(OpsCalls.InstanceOf(upload))).Expect(200).Field("orchestration")["diagnosis"]!["code"]!.ToString();
    }

    [Fact]
    public async Task One_that_failed_goes_on_from_its_failure_once_the_cause_is_mended()
    {
        portal.Mux.Faults.DropWebhooks = _ => true;
        var before = portal.Mux.Requests.Count("POST", "/video/v1/uploads");
        var upload = (await portal.AskUploadAsync(project, "crew2")).Expect(201);
        var id = OpsCalls.InstanceOf(upload);
        await portal.SettleAsync();
        Assert.Equal("It is Running: only one that failed goes back.", (await portal.ActAsync(id, "rewind")).Expect(409).Text("detail"));

        // Neither its call nor the note that it failed gets through: a fault of ours.
        await portal.DoAsync("alter table portal.upload_jobs rename to upload_jobs_away");
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromMinutes(1),
            async () =>
            {
                await portal.SettleAsync();
                return (await portal.ManageAsync(HttpMethod.Get, $"/instances/{id}")).Text("runtimeStatus") == "Failed";
            }, "it to fail");
        await portal.DoAsync("alter table portal.upload_jobs_away rename to upload_jobs");
        var failed = (await portal.OpenAsync(id)).Expect(200);
        Assert.Equal(["replay", "rewind"], failed.Field("possibleActs").AsArray().Select(act => act!.ToString()));
        Assert.Equal("abandoned", failed.Field("orchestration")["diagnosis"]!["code"]!.ToString());

        Assert.Equal(("rewind", id), await RewindAsync());
        await portal.UntilRuntimeAsync(id, "Completed");
        await portal.UntilAsync(upload.Id, "failed");
        var audit = await portal.AuditAsync(upload.Id, "orchestration_rewind");
        Assert.Equal(
            (TestPeople.Tenant.ToString(), "operator", "user_operator", "Failed", "Mux was down from 10 to 11"),
            (
                audit["tenant"]!.ToString(), audit["actorKind"]!.ToString(), audit["actor"]!.ToString(),
                audit["old"]!["runtimeStatus"]!.ToString(), audit["new"]!["reason"]!.ToString()));
        var history = (await portal.ManageAsync(HttpMethod.Get, $"/instances/{id}?showHistory=true&showHistoryOutput=true")).Body;
        Assert.DoesNotContain("Mux was down", history, StringComparison.Ordinal);

        // What had succeeded was not done again: one upload was opened at Mux.
        Assert.Equal(1, portal.Mux.Requests.Count("POST", "/video/v1/uploads") - before);
        Assert.Equal("It is Completed: only one that failed goes back.", (await portal.ActAsync(id, "rewind")).Expect(409).Text("detail"));
        portal.Mux.Faults.Clear();

        async Task<(string, string)> RewindAsync()
        {
            var done = (await portal.ActAsync(id, "rewind")).Expect(202);
            return (done.Text("act"), done.Text("instanceId"));
        }
    }

    [Theory]
    [InlineData(501, "The storage that Durable works on here cannot rewind.")]
    [InlineData(412, "Its state has changed meanwhile; look again.")]
    [InlineData(410, "Its state has changed meanwhile; look again.")]
    public async Task What_Durable_says_to_a_rewind_is_told_and_on_record(int status, string told)
    {
        var id = $"elsewhere-{status}";
        await using var durable = await SetHost.StartAsync();
        durable.Answer = context =>
        {
            context.Response.StatusCode = context.Request.Method == "GET" ? 200 : status;
            return context.Request.Method == "GET"
                ? context.Response.WriteAsJsonAsync(new
                {
                    instanceId = id,
                    name = "Elsewhere",
                    runtimeStatus = "Failed",
                    createdTime = "2026-03-02T09:00:00Z",
                    lastUpdatedTime = "2026-03-02T09:00:00Z",
                })
                : Task.CompletedTask;
        };
        portal.Settings["Operations:DurableUrl"] = durable.Address;
        await portal.RestartHostAsync();
        try
        {
            var refused = (await portal.ActAsync(id, "rewind")).Expect(409);
            Assert.Equal(("orchestration-act-refused", told), (refused.ProblemType, refused.Text("detail")));
        }
        finally
        {
            portal.Settings["Operations:DurableUrl"] = new Uri(portal.Address, "/runtime/webhooks/durabletask").ToString();
            await portal.RestartHostAsync();
        }

        Assert.Equal(
            ["orchestration_act_refused", "orchestration_rewind"],
            await portal.ListAsync(
                "select action from portal.audit_log where new_value ->> 'instanceId' = @id order by action", new { id }));
    }

    private static TimeSpan Length(JsonNode timer) => (DateTimeOffset)timer["dueAt"]! - (DateTimeOffset)timer["startedAt"]!;

    /// <summary>Two attempts are used, the third is to come.</summary>
    private async Task<Answer> UploadThatCannotOpenAsync()
    {
        portal.Mux.Faults.FailNextApiCalls(20, ApiFault.Status(503));
        var upload = await portal.AskUploadAsync(project, "crew5");
        await Eventually.MovingAsync(
            portal.Clock, TimeSpan.FromSeconds(5),
            async () =>
            {
                await portal.SettleAsync(); return await portal.ScalarAsync<int>("select attempts from portal.upload_jobs "
                + "where id = @id", new { id = upload.Id }) == 2;
            }, "two attempts");
        await portal.SettleAsync();
        return upload;
    }
}
