using Portal.Tests.Support;

namespace Portal.Tests.Integration.Operations;

/// <summary>On-call's view of the inbox: ids, states and errors, never what an event says.</summary>
public sealed class WebhookOperationsTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    public Task InitializeAsync() => portal.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_list_is_filtered_and_paged_and_shows_no_body()
    {
        await FillAsync();
        var all = await IdsAsync("/api/ops/webhooks?limit=3");
        Assert.Equal(["w-11", "w-10", "w-9", "w-8", "w-7", "w-6", "w-5", "w-4", "w-3", "w-2", "w-1", "w-0"], all);
        Assert.Equal(["w-11", "w-8", "w-5", "w-2"], await IdsAsync("/api/ops/webhooks?provider=resend&limit=2"));
        Assert.Equal(["w-8", "w-4", "w-0"], await IdsAsync("/api/ops/webhooks?status=dead"));
        Assert.Equal(["w-10", "w-6", "w-2"], await IdsAsync("/api/ops/webhooks?type=t2"));
        Assert.Equal(["w-8"], await IdsAsync("/api/ops/webhooks?provider=resend&status=dead&type=t0"));
        var body = (await portal.As("operator").FetchAsync("/api/ops/webhooks")).Expect(200).Body;
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
        (await portal.As("operator").FetchAsync("/api/ops/webhooks?status=lost")).Expect(400);
        (await portal.As("admin").FetchAsync("/api/ops/webhooks")).Expect(403);
    }

    [Fact]
    public async Task One_is_read_by_vendor_and_id()
    {
        await FillAsync();
        var dead = (await portal.As("operator").FetchAsync("/api/ops/webhooks/mux/w-0")).Expect(200);
        Assert.Equal(("dead", "8", "no_job"), (dead.Text("status"), dead.Text("attempts"), dead.Text("lastError")));
        Assert.Null(dead.Json!["nextAttemptAt"]);
        Assert.DoesNotContain("secret", dead.Body, StringComparison.Ordinal);
        (await portal.As("operator").FetchAsync("/api/ops/webhooks/clerk/w-0")).Expect(404);
        (await portal.As("operator").FetchAsync("/api/ops/webhooks/mux/w%01")).Expect(404);
    }

    [Fact]
    public async Task Only_a_dead_one_is_replayed_by_an_operator_with_a_reason_once()
    {
        await FillAsync();
        (await portal.As("operator").PostAsync("/api/ops/webhooks/mux/w-0/replay", new { })).Expect(400);
        (await portal.As("admin").PostAsync("/api/ops/webhooks/mux/w-0/replay", new { reason = "No" })).Expect(403);
        (await portal.As("operator").PostAsync("/api/ops/webhooks/mux/none/replay", new { reason = "No" })).Expect(404);
        foreach (var (id, status) in new[] { ("clerk/w-1", "processed"), ("resend/w-2", "retrying"), ("mux/w-3", "received") })
        {
            var refused = (await portal.As("operator").PostAsync($"/api/ops/webhooks/{id}/replay", new { reason = "No" })).Expect(409);
            Assert.Equal("webhook-not-dead", refused.ProblemType);
            Assert.Contains(status, refused.Text("detail"), StringComparison.Ordinal);
        }

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(
                _ => portal.As("operator").PostAsync("/api/ops/webhooks/mux/w-0/replay", new { reason = "See incident 12" })));
        Assert.Single(answers, a => a.Code == 200);
        Assert.Equal(7, answers.Count(a => a.Code == 409));
        Assert.Equal(
            ["received 0 true"],
            await portal.ListAsync(
                "select concat_ws(' ', status, attempts, (next_attempt_at <= @now)::text, last_error) from portal.webhook_inbox "
                    + "where event_id = 'w-0'",
                new { now = portal.Clock.GetUtcNow() }));
        Assert.Equal(
            ["00000000-0000-7000-8000-000000000000 user_operator See incident 12"],
            await portal.ListAsync(
                "select concat_ws(' ', tenant_id, actor_id, new_value ->> 'reason') from portal.audit_log where action = "
                    + "'webhook_replayed' and new_value ->> 'eventId' = 'w-0'"));
    }

    private async Task FillAsync()
    {
        await portal.DoAsync("""
            delete from portal.webhook_inbox;
            insert into portal.webhook_inbox (provider, event_id, type, body, status, attempts, last_error, next_attempt_at, received_at,
               processed_at)
            select (array['mux', 'clerk', 'resend'])[n % 3 + 1], 'w-' || n, 't' || n % 4, '{"data":"secret"}',
               (array['dead', 'processed', 'retrying', 'received'])[n % 4 + 1],
                   8, 'no_job', @now + interval '1 day', @now + n * interval '1 second', @now
              from generate_series(0, 11) n
            """, new { now = portal.Clock.GetUtcNow() });
    }

    private async Task<IReadOnlyList<string>> IdsAsync(string path)
    {
        var ids = new List<string>();
        for (var next = path; next is not null;)
        {
            var page = (await portal.As("operator").FetchAsync(next)).Expect(200);
            ids.AddRange(page.Field("items").AsArray().Select(item => (string)item!["eventId"]!));
            next = page.Json!["nextCursor"] is { } cursor
                ? $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={cursor}"
                : null;
        }

        return ids;
    }
}
