using System.Collections.Concurrent;
using Portal.Tests.Soak.Fire;
using Portal.Tests.Support;

namespace Portal.Tests.Soak.Erasures;

/// <param name="Kills">How often the app is killed.</param>
/// <param name="TenantEvery">In every so many rounds a whole tenant is erased, too; in the first one always.</param>
/// <param name="Limit">For everything to settle after the last kill.</param>
public sealed record EraseLoopOptions(int Kills, int Seed, int TenantEvery, TimeSpan Limit)
{
    /// <summary>How many times as fast as real time the clock runs while the app is up.</summary>
    public int Rate { get; init; } = 12;
}

/// <summary>What a run saw. <see cref="Violations"/> is empty when everybody was erased once, and nobody else was touched.</summary>
/// <param name="KilledAt">How far the newest erasures of a person and of a tenant were when it was killed.</param>
public sealed record EraseLoopResult(
    int Kills, int Asked, int Tenants, int LostAnswers, int TakeOvers, TimeSpan Settling, IReadOnlyDictionary<string, int> KilledAt,
    IReadOnlyList<string> Violations);

/// <summary>
/// A person and a guest who was invited are erased in every round, and a whole tenant in some, while the app is killed with SIGKILL and
/// started again, at once or when the waits of an erasure are over. Who asks does so with a key until there is an answer. In the end each
/// has one certificate, which is true, and nothing in any table or at the vendors names them.
/// </summary>
public sealed class EraseLoop
{
    private const string Domain = "erase-me.example";
    private const int LongestDelay = 1500;
    private const int MostSteps = 12;
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(15);

    /// <summary>How often it is looked for the moment to kill: the app has to do something in between.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    /// <summary>Nothing has happened for so long in real time: what is left waits for its time.</summary>
    private static readonly TimeSpan Still = TimeSpan.FromSeconds(1);

    /// <summary>How long the app is down, by the clock: no time, past an erasure's last wait, past a tenant's first.</summary>
    private static readonly TimeSpan[] Away = [TimeSpan.Zero, TimeSpan.FromMinutes(11), TimeSpan.FromMinutes(71)];
    private static readonly string[] Timers = ["SweepErasures", "SweepExports", "SyncInvites", "RetryWebhookInbox"];

    private readonly LivePortal portal;
    private readonly EraseLoopOptions options;
    private readonly Action<string> report;
    private readonly Random random;
    private readonly CancellationTokenSource over = new();
    private readonly FireCaller caller;
    private readonly EraseFindings findings;
    private readonly ConcurrentDictionary<Guid, bool> asked = [];
    private readonly Dictionary<string, int> killedAt = [];

    public EraseLoop(LivePortal portal, EraseLoopOptions options, Action<string> report)
    {
        (this.portal, this.options, this.report) = (portal, options, report);
        random = new(options.Seed);
        caller = new(portal, over.Token);
        findings = new(portal, Domain);
    }

    public static Task<LivePortal> StartPortalAsync(EraseLoopOptions options) => LivePortal.StartAsync(
        new FastClock(TimeProvider.System.GetUtcNow(), options.Rate),
        new Dictionary<string, string?> { ["Limits:UserPerMinute"] = "1000000", ["Limits:TenantPerMinute"] = "1000000" });

    public async Task<EraseLoopResult> RunAsync()
    {
        portal.App.Start();
        await portal.App.UntilAnsweringAsync();
        var worlds = new EraseTenants(portal, caller);
        var stays = worlds.FillAsync(TestPeople.OtherTenant, "Other", "other-admin", "org_other", "stays.example");
        var leavers = new List<LeavingTenant>();
        for (var round = 1; round <= options.Kills; round += options.TenantEvery)
        {
            leavers.Add(await worlds.NewAsync(round, Domain));
        }

        await stays;
        report($"{leavers.Count} tenants are full");
        await findings.CountRowsAsync();
        var others = await findings.ChecksumAsync(TestPeople.OtherTenant);
        var asking = new List<Task>();
        for (var round = 1; round <= options.Kills; round++)
        {
            await RoundAsync(round, leavers.Find(leaver => leaver.Admin == $"leaver{round}"), asking);
        }

        var began = TimeProvider.System.GetTimestamp();
        await SettleAsync(asking, began);
        var settling = TimeProvider.System.GetElapsedTime(began);
        var violations = asking.Where(one => !one.IsCompletedSuccessfully)
            .Select(one => $"an erasure was not asked for: {one.Exception?.GetBaseException().Message ?? "out of time"}").ToList();
        violations.AddRange(await findings.ViolationsAsync(asked.Count, leavers));
        if (await findings.ChecksumAsync(TestPeople.OtherTenant) is var now && now != others)
        {
            violations.AddRange(
                now.Split('\n').Except(others.Split('\n')).Select(table => $"another tenant's rows have changed: {table}"));
        }

        return new(
            options.Kills, asked.Count, leavers.Count, caller.Lost, await new InvariantChecker(portal).TakeOversAsync(), settling,
            killedAt, violations);
    }

    private async Task RoundAsync(int round, LeavingTenant? leaver, List<Task> asking)
    {
        var person = await PersonAsync(round);
        var guest = $"guest{round}@{Domain}";
        await TextsAsync(guest, $"person{round}@{Domain}");
        asking.Add(Task.Run(async () =>
        {
            await caller.PostAsync("admin", "/api/invites", new { email = guest, role = "client" }, 201);
            await AskAsync("compliance", $"guest{round}", new { kind = "guest", email = guest });
        }));
        asking.Add(Task.Run(() => AskAsync("compliance", $"person{round}", new { kind = "person", userId = person })));
        if (leaver is not null)
        {
            asking.Add(Task.Run(() => LeaveAsync(leaver)));
        }

        await MomentAsync(round);
        foreach (var at in await StepsAsync())
        {
            killedAt[at] = killedAt.GetValueOrDefault(at) + 1;
        }

        // The first time it is down for as long as the tenant waits, whatever the seed.
        await portal.App.KillAsync();
        StartAfter(round == 1 ? Away[^1] : Away[random.Next(Away.Length)]);

        // Some kills hit while it is still starting up and taking over.
        if (round == options.Kills || random.Next(5) > 0)
        {
            await portal.App.UntilAnsweringAsync();
            await SweepAsync();
        }

        if (round % 10 == 0 || round == options.Kills)
        {
            var certificates = await CountAsync("select count(*) from portal.erasure_certificates");
            report($"{round} kills, {asked.Count} asked, {certificates} certificates");
        }
    }

    private void StartAfter(TimeSpan away)
    {
        portal.Clock!.Move(away);
        portal.App.Start();
    }

    /// <summary>Half of the kills after a random time, half right after some erasure has taken a step; the first when all of them have
    /// begun.</summary>
    private async Task MomentAsync(int round)
    {
        var began = TimeProvider.System.GetTimestamp();
        if (round == 1)
        {
            while (await CountAsync("select count(*) from portal.erasure_requests where started_at is not null") < 3 && !IsOver())
            {
                await Task.Delay(Look, TimeProvider.System);
            }

            return;
        }

        if (random.Next(2) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestDelay)), TimeProvider.System);
            return;
        }

        var before = await StateAsync();
        for (var steps = random.Next(1, MostSteps); steps > 0 && !IsOver();)
        {
            var state = await StateAsync();
            steps -= state == before ? 0 : 1;
            before = state;
            await Task.Delay(Look, TimeProvider.System);
        }

        bool IsOver() => TimeProvider.System.GetElapsedTime(began) > StepLimit;
    }

    /// <summary>Of all erasures: changes with every step of one.</summary>
    private async Task<string> StateAsync() => (await portal.QueryAsync<string>(
        "select coalesce(md5(string_agg(status || done::text, '' order by id)), '') from portal.erasure_requests")).Single();

    /// <summary>How far the newest of a person and of a tenant are.</summary>
    private Task<IReadOnlyList<string>> StepsAsync() => portal.QueryAsync<string>("""
        select distinct on (kind) kind || ' ' || case when status <> 'running' then status
                    when done -> 'rows' <> '{}' then 'rows'
                    when coalesce(done ->> 'clerk', done ->> 'organization') is not null then 'at Clerk'
                    when kind = 'tenant' and done ->> 'mux' is not null then 'at Mux' else status end
          from portal.erasure_requests where kind in ('person', 'tenant') order by kind, id desc
        """);

    private async Task<Guid> PersonAsync(int round)
    {
        var id = Guid.CreateVersion7();
        var (handle, email) = ($"gone{round}", $"person{round}@{Domain}");
        await portal.QueryAsync<int>("""
            insert into portal.users (id, tenant_id, clerk_user_id, email, name, role, created_at, updated_at)
            values (@id, @tenant, @clerk, @email, 'Erased by ' || @Domain, 'agency', now(), now()) returning 1
            """, new { id, tenant = TestPeople.Tenant, clerk = $"user_{handle}", email, Domain });
        await portal.Clerk.AddPersonAsync(new(handle, $"user_{handle}", email, handle, "org_harbour", "org_harbour", "agency"));
        return id;
    }

    private async Task TextsAsync(params string[] addresses) => await portal.QueryAsync<int>("""
        insert into portal.webhook_inbox (provider, event_id, type, body, status, next_attempt_at, received_at, processed_at)
        select 'resend', gen_random_uuid(), 'email.delivered', jsonb_build_object('to', jsonb_build_array(a))::text, 'processed', now(),
               now(), now()
          from unnest(@addresses) a returning 1
        """, new { addresses });

    private async Task<Guid> AskAsync(string person, string who, object subject)
    {
        var erasure = (await caller.PostAsync(person, "/api/erasures", subject, 201)).Id;
        asked[erasure] = true;
        await findings.AskedAsync(erasure, who);
        return erasure;
    }

    /// <summary>The week is over at once for this request alone: a clock that is a week on would expire links, keys and files of
    /// everybody.</summary>
    private async Task LeaveAsync(LeavingTenant leaver)
    {
        await TextsAsync($"{leaver.Admin}@{Domain}");
        var erasure = await AskAsync(leaver.Admin, leaver.Admin, new { kind = "tenant", tenantName = leaver.Name });
        await portal.QueryAsync<int>("""
            update portal.erasure_requests set starts_at = @now, next_at = @now, due_at = @now + interval '1 day' where id = @erasure
            returning 1
            """, new { erasure, now = portal.Clock!.GetUtcNow() });
        await SweepAsync();
    }

    /// <summary>Timers that erasures need, now; nothing when the app is down.</summary>
    private async Task SweepAsync()
    {
        foreach (var timer in Timers)
        {
            await portal.RunTimerAsync(timer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Whenever nothing happens any more, the app is stopped until the waits are over.</summary>
    private async Task SettleAsync(List<Task> asking, long began)
    {
        while (TimeProvider.System.GetElapsedTime(began) < options.Limit)
        {
            await portal.App.UntilAnsweringAsync();
            await SweepAsync();
            await UntilStillAsync();
            var (left, unasked) = (await LeftAsync(), asking.Count(one => !one.IsCompleted));
            if (left == 0 && unasked == 0)
            {
                return;
            }

            report($"waiting for {left} erasures, {unasked} not asked");
            await portal.App.StopAsync();
            StartAfter(Away[^1]);
        }

        await over.CancelAsync();
        await Task.WhenAll(asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task UntilStillAsync()
    {
        var (last, changed) = ("", TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(changed) < Still && await LeftAsync() > 0)
        {
            if (await StateAsync() is var state && state != last)
            {
                (last, changed) = (state, TimeProvider.System.GetTimestamp());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private Task<long> LeftAsync() => CountAsync("select count(*) from portal.erasure_requests where status <> 'completed'");

    private async Task<long> CountAsync(string sql) => (await portal.QueryAsync<long>(sql)).Single();
}
