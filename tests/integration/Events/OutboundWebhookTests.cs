using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance;
using Portal.Events.Deliveries;
using Portal.LocalVendors;
using Portal.Tests.Integration.Compliance;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Events;

/// <summary>A tenant's own systems get its events: signed, once each, in order, and nobody else's.</summary>
[TakesLong]
public sealed class OutboundWebhookTests(OutboundWebhookTests.Setting setting)
    : IClassFixture<OutboundWebhookTests.Setting>, IAsyncLifetime
{
    private const string Endpoints = "/api/webhook-endpoints";
    private static readonly string[] OfTasks = ["task_created", "task_status_changed"];
    private readonly TestPortal portal = setting.Portal;
    private readonly LocalReceiver receiver = setting.Receiver;

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        receiver.Faults.Clear();
        receiver.Clear();
        await portal.DoAsync("""
            delete from portal.webhook_endpoints;
            delete from portal.deliveries where channel = 'webhook';
            update portal.deliveries set status = 'skipped', reason = 'of another test', done_at = created_at
             where status in ('pending', 'sending')
            """);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_event_arrives_once_signed_with_a_secret_that_was_shown_once_and_is_stored_nowhere()
    {
        var made = await EndpointAsync("signed", ["project_created"], key: "make-once");
        var secret = made.Text("secret");
        var project = await portal.NewProjectAsync("A name that stays here");
        await portal.DeliverAsync();

        var webhook = Assert.Single(receiver.Of("signed"));
        Assert.True(IsSigned(webhook, secret), webhook.Signature);
        Assert.Equal(
            ("project_created", project.ToString(), webhook.Id),
            (webhook.Json["type"]!.ToString(), webhook.Json["data"]!["subject"]!["id"]!.ToString(),
                webhook.Json["data"]!["id"]!.ToString()));
        Assert.Equal(portal.Clock.GetUtcNow().ToUnixTimeSeconds().ToString(null, null), webhook.Timestamp);
        Assert.DoesNotContain("A name that stays here", webhook.Body, StringComparison.Ordinal);

        var log = Assert.Single((await LogAsync(made)).AsArray())!;
        Assert.Equal(("sent", webhook.Body), (log["status"]!.ToString(), log["request"]!["body"]!.ToString()));
        Assert.Equal(204, Assert.Single(log["attempts"]!.AsArray())!["status"]!.GetValue<int>());

        // Shown once; a repeated request is the same request.
        Assert.Equal(secret, (await EndpointAsync("signed", ["project_created"], key: "make-once")).Text("secret"));
        var read = (await portal.As("admin").FetchAsync($"{Endpoints}/{made.Id}")).Expect(200);
        Assert.DoesNotContain("whsec_", read.Body + (await portal.As("admin").FetchAsync(Endpoints)).Body, StringComparison.Ordinal);
        Assert.Equal((true, null), (read.Json!["enabled"]!.GetValue<bool>(), read.Json["failingSince"]));
        await NowhereAsync(secret["whsec_".Length..]);
    }

    [Fact]
    public async Task One_that_is_down_for_an_hour_gets_everything_once_and_in_order_after()
    {
        var endpoint = await EndpointAsync("down", OfTasks);
        receiver.Faults.FailNextApiCalls(int.MaxValue, ApiFault.Status(503));
        var project = await portal.NewProjectAsync();
        var tasks = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            tasks.Add((await portal.NewTaskAsync(project)).Id);
            (await portal.MoveTaskAsync(tasks[^1], "in_progress")).Expect(200);
        }

        var back = portal.Clock.GetUtcNow() + TimeSpan.FromHours(1);
        await UntilAsync(() => Task.FromResult(portal.Clock.GetUtcNow() >= back), "the hour to pass");
        foreach (var task in tasks)
        {
            (await portal.MoveTaskAsync(task, "done")).Expect(200);
        }

        Assert.Empty(receiver.Of("down"));
        Assert.NotNull((await portal.As("admin").FetchAsync($"{Endpoints}/{endpoint.Id}")).Json!["failingSince"]);

        receiver.Faults.Clear();
        await UntilAsync(async () => await OpenAsync() == 0, "all to be delivered");

        var arrived = receiver.Of("down");
        Assert.Equal(9, arrived.Count);
        Assert.Equal(9, arrived.Select(webhook => webhook.Id).Distinct().Count());
        Assert.All(tasks, task => Assert.Equal(["pending", "in_progress", "done"], arrived
            .Where(webhook => webhook.Json["data"]!["subject"]!["id"]!.ToString() == task.ToString())
            .Select(webhook => webhook.Json["data"]!["details"]!["status"]!.ToString())));
        Assert.Equal(["sent"], await portal.ListAsync("select distinct status from portal.deliveries where channel = 'webhook'"));
        Assert.Null((await portal.As("admin").FetchAsync($"{Endpoints}/{endpoint.Id}")).Json!["failingSince"]);
        Assert.Empty(await AlertsAsync());
    }

    [Fact]
    public async Task One_that_never_takes_it_is_asked_eight_times_within_a_day_and_later_events_go_on()
    {
        var endpoint = await EndpointAsync("never", OfTasks);
        var task = (await portal.NewTaskAsync(await portal.NewProjectAsync())).Id;
        (await portal.MoveTaskAsync(task, "in_progress")).Expect(200);
        receiver.Faults.FailNextApiCalls(8, ApiFault.Status(500));
        var began = portal.Clock.GetUtcNow();
        await UntilAsync(async () => await OpenAsync() == 0, "the day to pass");

        Assert.Equal(
            ["failed answered 500", "sent"],
            await portal.ListAsync("""
                select status || coalesce(' ' || reason, '') from portal.deliveries where channel = 'webhook' order by seq
                """));
        Assert.Equal("in_progress", Assert.Single(receiver.Of("never")).Json["data"]!["details"]!["status"]!.ToString());
        Assert.Equal(
            ["failed"], (await portal.As("admin").FetchAsync($"{Endpoints}/{endpoint.Id}/deliveries?status=failed")).Column("status"));
        var attempts = (await LogAsync(endpoint)).AsArray().Single(d => d!["status"]!.ToString() == "failed")!["attempts"]!.AsArray();
        Assert.Equal(Enumerable.Range(1, 8), attempts.Select(attempt => attempt!["number"]!.GetValue<int>()));
        Assert.InRange(attempts[^1]!["sentAt"]!.GetValue<DateTimeOffset>() - began, TimeSpan.FromHours(23), TimeSpan.FromHours(25));

        // It is theirs: nobody on call is told.
        Assert.Empty(await AlertsAsync());
    }

    [Fact]
    public async Task A_secret_that_was_rotated_signs_beside_the_new_one_for_a_day()
    {
        var made = await EndpointAsync("rotated", ["project_created"]);
        var path = $"{Endpoints}/{made.Id}/rotate-secret";
        var rotated = (await portal.As("admin").PostAsync(path, key: "rotate-once")).Expect(200);
        var (old, current) = (made.Text("secret"), rotated.Text("secret"));
        Assert.NotEqual(old, current);
        Assert.Equal(current, (await portal.As("admin").PostAsync(path, key: "rotate-once")).Expect(200).Text("secret"));
        Assert.Equal(
            (2, portal.Clock.GetUtcNow().AddHours(24)),
            (rotated.Field("secretVersion").GetValue<int>(), rotated.Field("previousSecretUntil").GetValue<DateTimeOffset>()));

        await portal.NewProjectAsync();
        await portal.DeliverAsync();
        var both = Assert.Single(receiver.Of("rotated"));
        Assert.Equal((true, true, 2), (IsSigned(both, old), IsSigned(both, current), both.Signature.Split(' ').Length));

        portal.Clock.Advance(TimeSpan.FromHours(24));
        await portal.NewProjectAsync();
        await portal.DeliverAsync();
        var one = receiver.Of("rotated")[^1];
        Assert.Equal((false, true, 1), (IsSigned(one, old), IsSigned(one, current), one.Signature.Split(' ').Length));

        // Once there is a newer one, the answer that made the one before does not show another.
        (await portal.As("admin").PostAsync(path, key: "rotate-again")).Expect(200).Text("secret");
        (await portal.As("admin").PostAsync(path)).Expect(200);
        Assert.Null((await portal.As("admin").PostAsync(path, key: "rotate-again")).Expect(200).Json!["secret"]);
        Assert.Equal(3, await portal.AuditedAsync(made.Id, "webhook_secret_rotated"));
    }

    [Fact]
    public async Task An_answer_of_410_disables_it_and_its_Admins_hear_of_it()
    {
        var endpoint = await EndpointAsync("gone", ["project_created"]);
        receiver.Faults.FailNextApiCalls(1, ApiFault.Status(410));
        await portal.NewProjectAsync();
        await portal.DeliverAsync();

        var read = (await portal.As("admin").FetchAsync($"{Endpoints}/{endpoint.Id}")).Expect(200);
        Assert.Equal(("False", "gone"), (read.Json!["enabled"]!.GetValue<bool>().ToString(), read.Text("disabledReason")));
        Assert.Equal(
            ["failed answered 410"],
            await portal.ListAsync("select status || ' ' || reason from portal.deliveries where channel = 'webhook'"));
        await portal.RecordedOnceAsync(endpoint.Id, "webhook_endpoint_disabled");
        Assert.Contains(endpoint.Id, await portal.ToldAsync("admin", "webhook_endpoint_disabled"));
        var mail = (await portal.InboxOfAsync("admin"))[^1];
        Assert.Equal("Webhooks to 127.0.0.1 are switched off", mail.Subject);
        Assert.Contains("410", mail.Text, StringComparison.Ordinal);
        Assert.Equal([$"webhook_endpoint_disabled {endpoint.Id}"], await AlertsAsync());

        // It asked for no more, so nothing is kept for it.
        await portal.NewProjectAsync();
        await portal.DeliverAsync();
        Assert.Equal(1, await portal.ScalarAsync<long>("select count(*) from portal.deliveries where channel = 'webhook'"));
    }

    [Fact]
    public async Task At_another_address_it_begins_afresh()
    {
        var endpoint = await EndpointAsync("old", OfTasks);
        await portal.DoAsync(
            "update portal.webhook_endpoints set failing_since = @since where id = @id",
            new { since = portal.Clock.GetUtcNow().AddDays(-4), id = endpoint.Id });
        var path = $"{Endpoints}/{endpoint.Id}";
        var failing = (await portal.As("admin").FetchAsync(path)).Expect(200);
        Assert.NotNull(failing.Json!["failingSince"]);
        var same = (await portal.As("admin").EditAsync(path, new { description = "Of the team" }, failing)).Expect(200);
        Assert.NotNull(same.Json!["failingSince"]);
        var moved = (await portal.As("admin").EditAsync(path, new { url = receiver.HookUrl("", "hooks") + "new" }, same)).Expect(200);
        Assert.Null(moved.Json!["failingSince"]);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(-1, true)]
    public async Task Nothing_but_failures_for_five_days_disables_it(int secondsLeft, bool disabled)
    {
        var endpoint = await EndpointAsync("failing", OfTasks);
        var mails = (await portal.InboxOfAsync("admin")).Count;
        receiver.Faults.FailNextApiCalls(1, ApiFault.Status(500));
        var task = (await portal.NewTaskAsync(await portal.NewProjectAsync())).Id;

        // Making a task moves the clock; from here to the attempt it stands still.
        var since = portal.Clock.GetUtcNow() - TimeSpan.FromDays(5) + TimeSpan.FromSeconds(secondsLeft);
        await portal.DoAsync("update portal.webhook_endpoints set failing_since = @since where id = @id", new { since, id = endpoint.Id });
        await SweepAsync();
        await SweepAsync();

        var read = (await portal.As("admin").FetchAsync($"{Endpoints}/{endpoint.Id}")).Expect(200);
        Assert.Equal(
            (!disabled, disabled ? "failing" : null),
            (read.Json!["enabled"]!.GetValue<bool>(), read.Json["disabledReason"]?.ToString()));
        Assert.Equal(mails + (disabled ? 1 : 0), (await portal.InboxOfAsync("admin")).Count);
        Assert.Equal(disabled ? 1 : 0, await portal.EventsAsync(endpoint.Id, "webhook_endpoint_disabled"));
        if (!disabled)
        {
            return;
        }

        // What happens meanwhile is noted, and sent when an Admin says so.
        (await portal.MoveTaskAsync(task, "in_progress")).Expect(200);
        await portal.DeliverAsync();
        Assert.Equal(
            ["failed answered 500", "skipped endpoint_disabled"],
            await portal.ListAsync("select status || ' ' || reason from portal.deliveries where channel = 'webhook' order by seq"));
        var again = new { since = since.AddDays(4) };
        Assert.Equal("endpoint-disabled", (await RedeliverAsync(endpoint, again)).Expect(409).ProblemType);
        var enabled = (await portal.As("admin").EditAsync($"{Endpoints}/{endpoint.Id}", new { enabled = true }, read)).Expect(200);
        Assert.Equal((null, null), (enabled.Json!["failingSince"], enabled.Json["disabledReason"]));
        Assert.Equal(2, (await RedeliverAsync(endpoint, again)).Expect(200).Field("redelivered").GetValue<int>());
        await portal.DeliverAsync();
        Assert.Equal(
            ["pending", "in_progress"],
            receiver.Of("failing").Select(webhook => webhook.Json["data"]!["details"]!["status"]!.ToString()));
    }

    [Fact]
    public async Task Nobody_gets_another_tenants_events()
    {
        await EndpointAsync("theirs", [], person: "other-admin");
        var own = await EndpointAsync("ours", []);
        await portal.NewProjectAsync();
        await portal.DeliverAsync();
        Assert.NotEmpty(receiver.Of("ours"));
        Assert.Empty(receiver.Of("theirs"));

        (await portal.As("other-admin").PostAsync("/api/projects", new { name = "Theirs" })).Expect(201);
        await portal.DeliverAsync();
        var tenants = await portal.ListAsync(
            "select distinct e.tenant_id::text from portal.events e where e.event_id = any (@ids)",
            new { ids = receiver.Of("theirs").Select(webhook => Guid.Parse(webhook.Id)).ToArray() });
        Assert.Equal([TestPeople.OtherTenant.ToString()], tenants);

        (await portal.As("other-admin").FetchAsync($"{Endpoints}/{own.Id}")).Expect(404);
        (await portal.As("other-admin").FetchAsync($"{Endpoints}/{own.Id}/deliveries")).Expect(404);
        var delivery = Guid.Parse((await LogAsync(own)).AsArray()[0]!["id"]!.ToString());
        (await portal.As("other-admin").PostAsync($"{Endpoints}/{own.Id}/redeliver", new { deliveryId = delivery })).Expect(404);
    }

    [Fact]
    public async Task One_delivery_is_sent_again_under_its_id()
    {
        var (endpoint, other) = (await EndpointAsync("again", ["project_created"]), await EndpointAsync("other", ["task_deleted"]));
        await portal.NewProjectAsync();
        await portal.DeliverAsync();
        var delivery = (await LogAsync(endpoint)).AsArray()[0]!["id"]!.ToString();

        Assert.Equal(1, (await RedeliverAsync(endpoint, new { deliveryId = delivery })).Expect(200).Field("redelivered").GetValue<int>());
        Assert.Equal(
            "delivery-under-way", (await RedeliverAsync(endpoint, new { deliveryId = delivery })).Expect(409).ProblemType);

        // Under way is that one, on its way to that one.
        (await RedeliverAsync(endpoint, new { deliveryId = Guid.NewGuid() })).Expect(404);
        (await RedeliverAsync(other, new { deliveryId = delivery })).Expect(404);
        await portal.DoAsync("update portal.deliveries set status = 'sending' where id = @id", new { id = Guid.Parse(delivery) });
        Assert.Equal(
            "delivery-under-way", (await RedeliverAsync(endpoint, new { deliveryId = delivery })).Expect(409).ProblemType);
        await portal.DoAsync("update portal.deliveries set status = 'pending' where id = @id", new { id = Guid.Parse(delivery) });
        await portal.DeliverAsync();
        Assert.Equal(2, receiver.Of("again").Count);
        Assert.Single(receiver.Of("again").Select(webhook => (webhook.Id, webhook.Body)).Distinct());
        Assert.Equal([1, 2], (await LogAsync(endpoint)).AsArray()[0]!["attempts"]!.AsArray().Select(a => a!["attempt"]!.GetValue<int>()));

        (await RedeliverAsync(other, new { deliveryId = delivery })).Expect(404);
        (await RedeliverAsync(endpoint, new { deliveryId = Guid.NewGuid() })).Expect(404);
        Assert.Equal(1, await portal.AuditedAsync(endpoint.Id, "webhooks_redelivered"));
    }

    [Fact]
    public async Task Those_since_a_time_are_sent_again_a_thousand_at_once()
    {
        var endpoint = await EndpointAsync("since", ["project_created"]);
        var now = portal.Clock.GetUtcNow();
        await portal.DoAsync("""
            with e as (insert into portal.events (event_id, tenant_id, aggregate_type, aggregate_id, type, payload, occurred_at)
                       select gen_random_uuid(), @tenant, 'project', gen_random_uuid(), 'made_up', '{}', @now
                         from generate_series(1, 1002) returning event_id, aggregate_id)
            insert into portal.deliveries (id, tenant_id, event_id, event_type, aggregate_id, seq, channel, recipient, status, reason,
                   done_at, created_at)
            select gen_random_uuid(), @tenant, e.event_id, 'made_up', e.aggregate_id, 0, 'webhook', 'endpoint:' || @id,
                   case when n = 1 then 'sent' else 'failed' end, 'answered 500', @now, @now - make_interval(secs => 1002 - least(n, 1001))
              from (select event_id, aggregate_id, row_number() over () as n from e) e
            """, new { tenant = TestPeople.Tenant, id = endpoint.Id, now });
        var first = (await RedeliverAsync(endpoint, new { since = now.AddHours(-1) })).Expect(200);
        Assert.Equal(1000, first.Field("redelivered").GetValue<int>());
        // The one that is left was made in the same moment as the last of the thousand.
        Assert.Equal(now.AddSeconds(-1), first.Field("nextSince").GetValue<DateTimeOffset>());
        var rest = (await RedeliverAsync(endpoint, new { since = first.Field("nextSince").GetValue<DateTimeOffset>() })).Expect(200);
        Assert.Equal((1, null), (rest.Field("redelivered").GetValue<int>(), rest.Json!["nextSince"]));
        await portal.DoAsync("""
            update portal.deliveries set status = 'failed', done_at = @at, created_at = @at
             where id = (select min(id::text)::uuid from portal.deliveries where event_type = 'made_up' and status = 'pending')
            """, new { at = now.AddHours(-1).AddSeconds(-1) });
        var all = (await RedeliverAsync(endpoint, new { since = now.AddHours(-1), evenSent = true })).Expect(200);
        Assert.Equal(1, all.Field("redelivered").GetValue<int>());
        Assert.Equal(0, (await RedeliverAsync(endpoint, new { since = now })).Expect(200).Field("redelivered").GetValue<int>());
        await portal.DoAsync("delete from portal.deliveries where event_type = 'made_up'");

        foreach (var (wrong, pointer) in new (object, string)[]
                 {
                     (new { }, "/deliveryId"), (new { since = now, deliveryId = Guid.NewGuid() }, "/deliveryId"),
                     (new { since = now.AddSeconds(1) }, "/since"), (new { since = now.AddDays(-30).AddSeconds(-1) }, "/since"),
                     (new { deliveryId = Guid.NewGuid(), evenSent = true }, "/evenSent"),
                 })
        {
            Assert.Equal(pointer, (await RedeliverAsync(endpoint, wrong)).Expect(400).Field("errors")[0]!["pointer"]!.ToString());
        }

        (await RedeliverAsync(endpoint, new { since = now.AddDays(-30) })).Expect(200);
    }

    [Fact]
    public async Task The_log_shows_what_was_said_but_no_secret()
    {
        var endpoint = await EndpointAsync("hidden?token=hush", ["project_created"], kind: "echo");
        await portal.NewProjectAsync();
        await portal.DeliverAsync();
        var webhook = Assert.Single(receiver.Of("hidden"));

        var log = (await portal.As("admin").FetchAsync($"{Endpoints}/{endpoint.Id}/deliveries")).Expect(200);
        var entry = log.Field("items")[0]!;
        Assert.Contains("webhook-signature: (hidden)", entry["attempts"]![0]!["responseBody"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("(hidden)", entry["request"]!["headers"]!["webhook-signature"]!.ToString());
        Assert.Equal(webhook.Id, entry["request"]!["headers"]!["webhook-id"]!.ToString());
        Assert.EndsWith("/echo/hidden", entry["attempts"]![0]!["url"]!.ToString(), StringComparison.Ordinal);
        Assert.All(
            [endpoint.Text("secret")[6..], webhook.Signature[3..], "hush"],
            secret => Assert.DoesNotContain(secret, log.Body, StringComparison.Ordinal));
        await NowhereAsync(webhook.Signature[3..]);

        // Nor does the audit log have the address, where receivers keep secrets too.
        Assert.DoesNotContain(
            await portal.ListAsync(
                "select concat(old_value, new_value) from portal.audit_log where entity_id = @id", new { id = endpoint.Id }),
            row => row.Contains("hush", StringComparison.Ordinal) || row.Contains("/echo", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_of_a_long_answer_the_beginning_is_kept()
    {
        var moved = await EndpointAsync("moved", ["project_created"], kind: "moved");
        var longer = await EndpointAsync("longer", ["project_created"], kind: "long");
        await portal.NewProjectAsync();
        await SweepAsync();

        Assert.Empty(receiver.Of("moved"));
        var (failed, sent) = ((await LogAsync(moved)).AsArray()[0]!, (await LogAsync(longer)).AsArray()[0]!);
        Assert.Equal(
            ("sending", "answered 302: redirects are not followed"),
            (failed["status"]!.ToString(), failed["attempts"]![0]!["error"]!.ToString()));
        Assert.Equal(("sent", 1000), (sent["status"]!.ToString(), sent["attempts"]![0]!["responseBody"]!.ToString().Length));
    }

    [Fact]
    public async Task A_test_is_sent_once_also_to_one_that_is_off_and_says_nothing_about_its_health()
    {
        var endpoint = await EndpointAsync("tested", ["task_deleted"], enabled: false);
        var other = await EndpointAsync("untested", []);
        Assert.Equal("by_admin", endpoint.Text("disabledReason"));
        (await portal.As("admin").PostAsync($"{Endpoints}/{endpoint.Id}/test", key: "test-once")).Expect(202);
        (await portal.As("admin").PostAsync($"{Endpoints}/{endpoint.Id}/test", key: "test-once")).Expect(202);
        await portal.DeliverAsync();
        Assert.Equal("webhook_endpoint_tested", Assert.Single(receiver.Of("tested")).Json["type"]!.ToString());

        receiver.Faults.FailNextApiCalls(1, ApiFault.Status(500));
        (await portal.As("admin").PostAsync($"{Endpoints}/{other.Id}/test")).Expect(202);
        await portal.DeliverAsync();
        Assert.Equal("failed", (await LogAsync(other)).AsArray()[0]!["status"]!.ToString());
        Assert.Null((await portal.As("admin").FetchAsync($"{Endpoints}/{other.Id}")).Json!["failingSince"]);

        // Nor does one that succeeds end five days of failures: an event does.
        var since = portal.Clock.GetUtcNow().AddDays(-4);
        await portal.DoAsync("update portal.webhook_endpoints set failing_since = @since where id = @Id", new { since, other.Id });
        (await portal.As("admin").PostAsync($"{Endpoints}/{other.Id}/test")).Expect(202);
        await portal.DeliverAsync();
        Assert.Single(receiver.Of("untested"));
        Assert.Equal(since, await FailingAsync());
        await portal.NewProjectAsync();
        await portal.DeliverAsync();
        Assert.Null(await FailingAsync());

        async Task<DateTimeOffset?> FailingAsync() =>
            (await portal.As("admin").FetchAsync($"{Endpoints}/{other.Id}")).Json!["failingSince"]?.GetValue<DateTimeOffset>();
    }

    [Fact]
    public async Task There_may_be_ten_and_each_has_a_good_address_and_types_that_there_are()
    {
        for (var i = 0; i < 9; i++)
        {
            await EndpointAsync($"limit-{i}", []);
        }

        await PlanningCalls.OneOfEightAsync(_ => PostAsync("limit", []), won: 201);
        Assert.Equal("too-many-endpoints", (await PostAsync("limit", [])).Expect(409).ProblemType);
        Assert.Equal(10, await portal.ScalarAsync<long>("select count(*) from portal.webhook_endpoints"));
        (await portal.As("other-admin").PostAsync(Endpoints, new { url = receiver.HookUrl("x") })).Expect(201);

        var read = (await portal.As("admin").FetchAsync($"{Endpoints}?limit=1")).Expect(200).Field("items")[0]!;
        var wrong = (await portal.As("admin").PostAsync(Endpoints, new { url = "https://169.254.169.254/" })).Expect(400);
        Assert.Equal(("/url", "url"), (wrong.Field("errors")[0]!["pointer"]!.ToString(), wrong.Field("errors")[0]!["rule"]!.ToString()));
        foreach (var body in new object[]
                 {
                     new { url = "https://hooks.example.com/", eventTypes = new[] { "incident_opened" } },
                     new { url = "https://hooks.example.com/", eventTypes = new[] { "task_created", "task_created" } },
                     new { url = "https://hooks.example.com/", description = new string('d', 201) },
                     new { url = $"https://hooks.example.com/{new string('u', 475)}" },
                 })
        {
            (await portal.As("admin").PostAsync(Endpoints, body)).Expect(400);
        }

        var path = $"{Endpoints}/{read["id"]}";
        var now = await portal.As("admin").FetchAsync(path);
        (await portal.As("admin").EditAsync(path, new { url = "https://10.0.0.1/" }, now)).Expect(400);
        (await portal.As("admin").EditAsync(path, new { description = "x" }, null)).Expect(428);
        var changed = (await portal.As("admin").EditAsync(path, new { description = "x" }, now)).Expect(200);
        (await portal.As("admin").EditAsync(path, new { description = "y" }, now)).Expect(412);
        changed = (await portal.As("admin").EditAsync(path, new { eventTypes = new[] { "task_created" } }, changed)).Expect(200);
        Assert.Equal(
            ["task_created"], (await portal.As("admin").FetchAsync(path)).Field("eventTypes").AsArray().Select(type => type!.ToString()));
        Assert.Equal(
            changed.Headers.ETag, (await portal.As("admin").EditAsync(path, new { description = "x" }, changed)).Expect(200).Headers.ETag);
        (await portal.As("admin").DropAsync(path, now)).Expect(412);
        (await portal.As("agency").FetchAsync(path)).Expect(403);
    }

    [Fact]
    public async Task An_address_that_would_be_refused_today_stays_good_until_it_is_changed()
    {
        const string Old = "https://10.0.0.1/hook";
        var made = await EndpointAsync("of-before", []);
        await portal.DoAsync("update portal.webhook_endpoints set url = @Old where id = @Id", new { Old, made.Id });
        var path = $"{Endpoints}/{made.Id}";

        var kept = (await portal.As("admin").EditAsync(path, new { url = Old, description = "Still ours" }, made)).Expect(200);
        Assert.Equal((Old, "Still ours"), (kept.Text("url"), kept.Text("description")));
        (await portal.As("admin").EditAsync(path, new { url = "https://10.0.0.1/hook2" }, kept)).Expect(400);
        Assert.Equal(Old, await portal.ScalarAsync<string>("select url from portal.webhook_endpoints where id = @Id", new { made.Id }));
    }

    [Fact]
    public async Task What_is_on_its_way_when_a_portal_is_deleted_is_not_sent()
    {
        await EndpointAsync("left", ["project_created"]);
        receiver.Faults.FailNextApiCalls(1, ApiFault.Status(500));
        await portal.NewProjectAsync();
        await SweepAsync();
        await portal.DoAsync(
            "update portal.tenants set status = 'deleted', deleted_at = @now where id = @Tenant",
            new { TestPeople.Tenant, now = portal.Clock.GetUtcNow() });
        await UntilAsync(async () => await OpenAsync() == 0, "it to end");
        Assert.Empty(receiver.Received);
        await portal.DoAsync(
            "update portal.tenants set status = 'active', deleted_at = null where id = @Tenant", new { TestPeople.Tenant });
    }

    [Fact]
    public async Task What_is_on_its_way_to_one_that_is_deleted_or_switched_off_is_not_sent()
    {
        var (deleted, off) = (await EndpointAsync("deleted", ["project_created"]), await EndpointAsync("off", ["project_created"]));
        receiver.Faults.FailNextApiCalls(2, ApiFault.Status(500));
        await portal.NewProjectAsync();
        await SweepAsync();
        (await portal.As("admin").DropAsync($"{Endpoints}/{deleted.Id}", deleted)).Expect(204);
        (await portal.As("admin").EditAsync($"{Endpoints}/{off.Id}", new { enabled = false }, off)).Expect(200);
        Assert.Equal([off.Id.ToString()], (await portal.As("admin").FetchAsync($"{Endpoints}?enabled=false")).Column("id"));
        Assert.Empty((await portal.As("admin").FetchAsync($"{Endpoints}?enabled=true")).Column("id"));
        await UntilAsync(async () => await OpenAsync() == 0, "both to end");

        Assert.Empty(receiver.Received);
        Assert.Equal(
            ["skipped endpoint_deleted", "skipped endpoint_disabled"],
            await portal.ListAsync("select status || ' ' || reason from portal.deliveries where channel = 'webhook' order by reason"));
        Assert.Equal(
            0, await portal.ScalarAsync<long>("select count(*) from portal.webhook_attempts where endpoint_id = @Id", new { deleted.Id }));
        Assert.Equal(1, await portal.AuditedAsync(deleted.Id, "webhook_endpoint_deleted"));
    }

    [Fact]
    public async Task One_that_waits_is_left_alone_until_then_and_its_log_is_kept_for_a_month()
    {
        await EndpointAsync("waits", ["project_created"]);
        receiver.Faults.FailNextApiCalls(3, ApiFault.Status(503, retryAfterSeconds: 3600));
        await portal.NewProjectAsync();
        await SweepAsync();
        var next = await portal.ScalarAsync<DateTime>("select next_attempt_at from portal.deliveries where channel = 'webhook'");
        Assert.Equal(portal.Clock.GetUtcNow().AddHours(1).UtcDateTime, next.ToUniversalTime());

        var deliveries = portal.Services.GetRequiredService<DeliveryStore>();
        await portal.DoAsync("update portal.deliveries set started_at = @At where channel = 'webhook'", new { At = next.AddHours(-2) });
        Assert.Empty(await deliveries.TakeStaleAsync(TimeSpan.FromMinutes(2), 10, default));
        await portal.DoAsync(
            "update portal.deliveries set next_attempt_at = @At where channel = 'webhook'",
            new { At = portal.Clock.GetUtcNow().AddMinutes(-2) });
        Assert.Single(await deliveries.TakeStaleAsync(TimeSpan.FromMinutes(2), 10, default));

        var retention = portal.Services.GetRequiredService<RetentionStore>();
        var sent = await portal.ScalarAsync<DateTime>("select max(sent_at) from portal.webhook_attempts");
        var before = await portal.ScalarAsync<long>("select count(*) from portal.webhook_attempts where sent_at < @sent", new { sent });
        Assert.Equal(before, await retention.PruneWebhookAttemptsAsync(sent.ToUniversalTime(), 100, default));
        Assert.Equal(1, await retention.PruneWebhookAttemptsAsync(sent.ToUniversalTime().AddSeconds(1), 100, default));
    }

    private Task<Answer> PostAsync(
        string hook, string[] types, string kind = "hooks", string person = "admin", string? key = null, bool enabled = true) =>
        portal.As(person).PostAsync(
            Endpoints, new { url = receiver.HookUrl("", kind) + hook, description = "For the team", eventTypes = types, enabled }, key);

    private async Task<Answer> EndpointAsync(
        string hook, string[] types, string kind = "hooks", string person = "admin", string? key = null, bool enabled = true) =>
        (await PostAsync(hook, types, kind, person, key, enabled)).Expect(201);

    private Task<Answer> RedeliverAsync(Answer endpoint, object body) =>
        portal.As("admin").PostAsync($"{Endpoints}/{endpoint.Id}/redeliver", body);

    private async Task<System.Text.Json.Nodes.JsonNode> LogAsync(Answer endpoint) =>
        (await portal.As("admin").FetchAsync($"{Endpoints}/{endpoint.Id}/deliveries")).Expect(200).Field("items");

    /// <summary>One round: what failed waits for the clock.</summary>
    private async Task SweepAsync()
    {
        await portal.RunTimerAsync("SweepOutbox");
        await portal.Host.Durable.WhenIdleAsync(TimeSpan.FromSeconds(20));
    }

    private Task UntilAsync(Func<Task<bool>> over, string what) => Eventually.MovingAsync(
        portal.Clock, TimeSpan.FromMinutes(10), async () =>
        {
            await SweepAsync();
            return await over();
        }, what);

    private Task<long> OpenAsync() => portal.ScalarAsync<long>("""
        select (select count(*) from portal.outbox) + (select count(*) from portal.deliveries where status in ('pending', 'sending'))
        """);

    /// <summary>Those about deliveries. Resend's own webhooks may be late where the clock leaps.</summary>
    private Task<IReadOnlyList<string>> AlertsAsync() => portal.ListAsync(
        "select kind || ' ' || dedup_key from portal.alerts where kind like 'delivery%' or kind like 'webhook_endpoint%'");

    /// <summary>In no row of what is kept of endpoints, deliveries, events, acts and answers.</summary>
    private async Task NowhereAsync(string secret) => Assert.Empty(await portal.TablesWithAsync(secret));

    /// <summary>As Standard Webhooks says it, without a library.</summary>
    private static bool IsSigned(ArrivedWebhook webhook, string secret) => webhook.Signature.Split(' ').Contains(
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(
            Convert.FromBase64String(secret["whsec_".Length..]),
            Encoding.UTF8.GetBytes($"{webhook.Id}.{webhook.Timestamp}.{webhook.Body}"))));

    /// <summary>The portal, and a receiver on the same clock.</summary>
    public sealed class Setting : IAsyncLifetime
    {
        public TestPortal Portal { get; } = new();

        public LocalReceiver Receiver { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            await Portal.InitializeAsync();
            Receiver = await LocalReceiver.StartAsync(
                new LocalReceiverOptions { Database = Portal.Database.Admin, Clock = Portal.Clock });
        }

        public async Task DisposeAsync()
        {
            await Portal.DisposeAsync();
            await Receiver.DisposeAsync();
        }
    }
}
