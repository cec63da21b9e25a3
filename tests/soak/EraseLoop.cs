using System.Collections.Concurrent;
using Portal.Tests.Support;

namespace Portal.Tests.Soak;

/// <param name="Kills">How often the app is killed.</param>
/// <param name="Limit">For everything to settle after the last kill.</param>
public sealed record EraseLoopOptions(int Kills, int Seed, TimeSpan Limit)
{
    /// <summary>How many times as fast as real time the clock runs: an erasure waits ten minutes for what is on its way.</summary>
    public int Rate { get; init; } = 12;
}

/// <summary>What a run saw. <see cref="Violations"/> is empty when everybody was erased once, and nobody else was touched.</summary>
/// <param name="KilledAt">Kills by how far the round's newest erasure was.</param>
public sealed record EraseLoopResult(
    int Kills, int Asked, int LostAnswers, int TakeOvers, TimeSpan Settling, IReadOnlyDictionary<string, int> KilledAt,
    IReadOnlyList<string> Violations);

/// <summary>
/// A person and a guest who was invited are erased in every round while the app is killed with SIGKILL and started again. Who asks does so
/// with a key until there is an answer. In the end each has one certificate, and nothing in any table or at Clerk names them.
/// </summary>
public sealed class EraseLoop(LivePortal portal, EraseLoopOptions options, Action<string> report)
{
    private const string Domain = "erase-me.example";
    private const int LongestDelay = 1500;
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(15);

    private readonly Random random = new(options.Seed);
    private readonly ConcurrentDictionary<Guid, string> asked = [];
    private readonly Dictionary<string, int> killedAt = [];
    private readonly CancellationTokenSource over = new();
    private int lost;

    public static Task<LivePortal> StartPortalAsync(EraseLoopOptions options) => LivePortal.StartAsync(
        new FastClock(TimeProvider.System.GetUtcNow(), options.Rate),
        new Dictionary<string, string?> { ["Limits:UserPerMinute"] = "1000000", ["Limits:TenantPerMinute"] = "1000000" });

    public async Task<EraseLoopResult> RunAsync()
    {
        portal.App.Start();
        await portal.App.UntilAnsweringAsync();
        var others = await ChecksumAsync();
        var asking = new List<Task>();
        for (var round = 1; round <= options.Kills; round++)
        {
            await RoundAsync(round, asking);
        }

        var began = TimeProvider.System.GetTimestamp();
        await SettleAsync(asking, began);
        var settling = TimeProvider.System.GetElapsedTime(began);
        var violations = asking.Where(one => !one.IsCompletedSuccessfully)
            .Select(one => $"an erasure was not asked for: {one.Exception?.GetBaseException().Message ?? "out of time"}").ToList();
        violations.AddRange(await ViolationsAsync());
        if (await ChecksumAsync() != others)
        {
            violations.Add("another tenant's rows have changed");
        }

        return new(
            options.Kills, asked.Count, lost, await new InvariantChecker(portal).TakeOversAsync(), settling, killedAt, violations);
    }

    private async Task RoundAsync(int round, List<Task> asking)
    {
        var person = await PersonAsync(round);
        var guest = $"guest{round}@{Domain}";
        await TextsAsync(guest, $"person{round}@{Domain}");
        asking.Add(Task.Run(async () =>
        {
            await AskAsync("admin", "/api/invites", new { email = guest, role = "client" }, $"invite-{round}");
            asked[await AskAsync("compliance", "/api/erasures", new { kind = "guest", email = guest }, $"guest-{round}")] = guest;
        }));
        asking.Add(Task.Run(async () => asked[await AskAsync(
            "compliance", "/api/erasures", new { kind = "person", userId = person }, $"person-{round}")] = person.ToString()));

        await MomentAsync(round, person);
        var at = await StepAsync(person);
        await portal.App.KillAsync();
        killedAt[at] = killedAt.GetValueOrDefault(at) + 1;
        portal.App.Start();

        // Some kills hit while it is still starting up and taking over.
        if (round == options.Kills || random.Next(5) > 0)
        {
            await portal.App.UntilAnsweringAsync();
        }

        if (round % 10 == 0)
        {
            var certificates = await CountAsync("select count(*) from portal.erasure_certificates");
            report($"{round} kills, {asked.Count} asked, {certificates} certificates");
        }
    }

    /// <summary>Half of the kills after a random time, half right after a step shows.</summary>
    private async Task MomentAsync(int round, Guid person)
    {
        if (round > 1 && random.Next(2) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestDelay)), TimeProvider.System);
            return;
        }

        string[] steps = ["running", "at Clerk", "rows"];
        var wanted = steps[random.Next(steps.Length)];
        var began = TimeProvider.System.GetTimestamp();
        while (await StepAsync(person) is var step && step != wanted && step != steps[^1]
            && TimeProvider.System.GetElapsedTime(began) < StepLimit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    private async Task<string> StepAsync(Guid person) => (await portal.QueryAsync<string>("""
        select case when done -> 'rows' <> '{}' then 'rows' when done ->> 'clerk' is not null then 'at Clerk' else status end
          from portal.erasure_requests where subject_id = @person
        """, new { person })) is [var step, ..] ? step : "not asked";

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

    private async Task<Guid> AskAsync(string who, string path, object body, string key)
    {
        while (true)
        {
            try
            {
                var answer = await portal.CallAsync(who, HttpMethod.Post, path, body, key);
                if (answer.Code == 201)
                {
                    return answer.Id;
                }

                if (answer.Code is not (409 or 503 or 500))
                {
                    throw new InvalidOperationException($"{path} was answered {answer.Code}: {answer.Body}");
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
            {
                Interlocked.Increment(ref lost);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, over.Token);
        }
    }

    private async Task SettleAsync(List<Task> asking, long began)
    {
        var reported = began;
        while (TimeProvider.System.GetElapsedTime(began) < options.Limit)
        {
            var left = await CountAsync("select count(*) from portal.erasure_requests where status <> 'completed'");
            if (asking.TrueForAll(one => one.IsCompleted) && left == 0)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(reported) > TimeSpan.FromSeconds(20))
            {
                reported = TimeProvider.System.GetTimestamp();
                report($"waiting for {left} erasures, {asking.Count(one => !one.IsCompleted)} not asked");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }

        await over.CancelAsync();
        await Task.WhenAll(asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<List<string>> ViolationsAsync()
    {
        List<string> violations =
        [
            .. await portal.QueryAsync<string>("""
                select format('erasure %s is %s with %s certificates, completed %s times', e.id, e.status,
                              (select count(*) from portal.erasure_certificates c where c.erasure_id = e.id),
                              (select count(*) from portal.audit_log a where a.entity_id = e.id and a.action = 'erasure_completed'))
                  from portal.erasure_requests e
                 where e.status <> 'completed'
                    or (select count(*) from portal.erasure_certificates c where c.erasure_id = e.id) <> 1
                    or (select count(*) from portal.audit_log a where a.entity_id = e.id and a.action = 'erasure_completed') <> 1
                """),
        ];
        if (await CountAsync("select count(*) from portal.erasure_requests") is var requests && requests != asked.Count)
        {
            violations.Add($"{asked.Count} erasures were asked for, {requests} were made");
        }

        if (await CountAsync("""
            select count(*) from portal.erasure_certificates c where not coalesce((
                select bool_or(d ->> 'table' = 'webhook_inbox' and (d ->> 'rows')::int >= 1)
                  from jsonb_array_elements(c.document::jsonb -> 'data') d), false)
            """) is var untrue and > 0)
        {
            violations.Add($"{untrue} certificates do not tell of the webhook that named their subject");
        }

        // Clerk keeps invitations that are over, and the certificate says so.
        foreach (var table in await portal.QueryAsync<string>("""
            select format('%I.%I', schemaname, tablename) from pg_tables
             where schemaname in ('portal', 'durable')
               or (schemaname = 'vendors' and tablename like 'clerk%' and tablename <> 'clerk_invitations')
            order by 1
            """))
        {
            if (await CountAsync($"select count(*) from {table} t where t::text like '%{Domain}%'") is var found and > 0)
            {
                violations.Add($"{found} rows of {table} still name somebody");
            }
        }

        return violations;
    }

    /// <summary>Of all that the other tenant has, but for what time does to it.</summary>
    private async Task<string> ChecksumAsync()
    {
        var sums = new List<string>();
        foreach (var table in new[] { "users", "projects", "assets", "invites", "share_links", "comments", "consents", "notifications" })
        {
            sums.AddRange(await portal.QueryAsync<string>(
                $"select coalesce(md5(string_agg(t::text, '|' order by t::text)), '-') from portal.{table} t where tenant_id = @other",
                new { other = TestPeople.OtherTenant }));
        }

        return string.Join(' ', sums);
    }

    private async Task<long> CountAsync(string sql) => (await portal.QueryAsync<long>(sql)).Single();
}
