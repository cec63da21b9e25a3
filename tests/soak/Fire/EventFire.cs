using Portal.Tests.Support;

namespace Portal.Tests.Soak.Fire;

/// <param name="Events">How many events the acts cause, at least; what follows from them comes on top.</param>
/// <param name="Kills">How often the app is killed: two of three while people act, the rest while mails go out.</param>
/// <param name="Rate">How many times as fast as real time the app's and the vendors' clock runs.</param>
/// <param name="Silences">Some of the vendor's answers never come; each costs the app's whole timeout in real time.</param>
/// <param name="Limit">For everything to settle after the last act.</param>
public sealed record EventFireOptions(int Events, int Kills, int Seed, int Rate, bool Silences, TimeSpan Limit)
{
    public int Desks { get; init; } = 8;
}

/// <summary>What a run saw. <see cref="Violations"/> is empty when everything happened exactly once.</summary>
/// <param name="Perhaps">Mails that were given up on because of a change while it was not known whether they had gone out.</param>
public sealed record EventFireResult(
    int Events, int Kills, int LostAnswers, IReadOnlyDictionary<string, int> Faults, int Notifications, int Mails, int Skipped,
    int Perhaps, int TakeOvers,
    TimeSpan Acting, TimeSpan Settling, IReadOnlyList<string> Violations);

/// <summary>
/// People at eight desks act through the front door while the app is killed with SIGKILL and started again, and its vendors fail, hang and
/// repeat themselves. In the end every event must have had each of its effects once, in order.
/// </summary>
public sealed class EventFire(LivePortal portal, EventFireOptions options, Action<string> report)
{
    private const int LongestDelay = 600;
    private static readonly TimeSpan ActLimit = TimeSpan.FromMinutes(30);

    private readonly Random random = new(options.Seed);
    private readonly Expected expected = new();
    private readonly VendorFire fire = new(portal, options.Seed);
    private int kills;

    /// <summary>A portal whose clock runs so fast, swept every second of real time, without the limits of a day.</summary>
    public static Task<LivePortal> StartPortalAsync(EventFireOptions options) => LivePortal.StartAsync(
        new FastClock(TimeProvider.System.GetUtcNow(), options.Rate),
        new Dictionary<string, string?>
        {
            ["SweepOutboxSchedule"] = $"*/{Math.Clamp(options.Rate, 1, 30)} * * * * *",
            ["Limits:UploadsPerDay"] = "1000000",
            ["Limits:PlaybacksPerMinute"] = "1000000",
        });

    public async Task<EventFireResult> RunAsync()
    {
        using var over = new CancellationTokenSource(ActLimit);
        var caller = new FireCaller(portal, over.Token);
        portal.App.Start();
        await portal.App.UntilAnsweringAsync();
        var world = await WorldAsync(caller);
        fire.Light(options.Silences);

        var began = TimeProvider.System.GetTimestamp();
        var desks = Enumerable.Range(1, options.Desks).Select(desk => Task.Run(() => DeskAsync(caller, world, desk))).ToArray();
        await KillWhileActingAsync(Task.WhenAll(desks));
        var acting = TimeProvider.System.GetElapsedTime(began);

        began = TimeProvider.System.GetTimestamp();
        await SettleAsync(began);
        var settling = TimeProvider.System.GetElapsedTime(began);
        var findings = new FireFindings(portal);
        return new(
            expected.Events, kills, caller.Lost, fire.Lit, await findings.CountAsync("portal.notifications"),
            await findings.CountAsync("vendors.resend_emails"),
            await findings.CountAsync("portal.deliveries where status = 'skipped'"), await findings.CountAsync(
                "portal.deliveries where reason like 'perhaps sent: %'"),
            await new InvariantChecker(portal).TakeOversAsync(), acting, settling, await findings.ViolationsAsync(expected));
    }

    private async Task<FireWorld> WorldAsync(FireCaller caller)
    {
        var crew = Enumerable.Range(1, TestPeople.Crew).Select(i => TestPeople.UserId($"crew{i}")).ToArray();
        var busy = await ProjectAsync(caller, "Busy", crew);
        var shooting = await ProjectAsync(caller, "Shooting", [.. FireActs.Shooters.Select(TestPeople.UserId)]);
        const string Uploader = "crew6";
        var job = (await caller.PostAsync(
            Uploader, "/api/uploads",
            new { projectId = busy, title = "Talked about", fileName = "cut.mp4", sizeBytes = FireBytes.Length, source = "direct" }, 201,
            202)).Id;
        await FireBytes.SendAsync(caller, Uploader, job);
        await Eventually.TrueAsync(
            async () => (
                await portal.QueryAsync<string>(
                    "select status from portal.upload_jobs where id = @job", new { job })) is ["ready"], "the first upload to be ready",
                    TimeSpan.FromSeconds(60));
        expected.Event("asset_uploaded", job);
        expected.Event("mux_asset_ready", job);
        expected.Notice("mux_asset_ready", job, crew);
        expected.Mail("mux_asset_ready", job, crew);
        var asset = (await caller.SureAsync(Uploader, HttpMethod.Get, $"/api/uploads/{job}", null, 200)).Text("assetId");
        return new(busy, shooting, Guid.Parse(asset), Uploader);
    }

    private async Task<Guid> ProjectAsync(FireCaller caller, string name, Guid[] members)
    {
        var project = (await caller.PostAsync("admin", "/api/projects", new { name, memberIds = members }, 201)).Id;
        expected.Event("project_created", project);
        expected.Notice("project_created", project, members);
        expected.Mail("project_created", project, members);
        return project;
    }

    /// <summary>In bursts, as people's days are.</summary>
    private async Task DeskAsync(FireCaller caller, FireWorld world, int desk)
    {
        var acts = new FireActs(caller, world, expected, desk, options.Seed);
        var pauses = new Random(options.Seed - desk);
        while (expected.Events < options.Events)
        {
            for (var burst = pauses.Next(1, 20); burst > 0 && expected.Events < options.Events; burst--)
            {
                await acts.ActAsync();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(pauses.Next(40)), TimeProvider.System);
        }
    }

    private async Task KillWhileActingAsync(Task acting)
    {
        var wanted = options.Kills * 2 / 3;
        while (kills < wanted && !acting.IsCompleted)
        {
            if (expected.Events >= (kills + 1) * options.Events / (wanted + 1))
            {
                await KillAsync();
                report($"{kills} kills, {expected.Events} events");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        await acting;
    }

    private async Task KillAsync()
    {
        // Some hit right after several sweeps at once have begun, most at any moment.
        if (random.Next(3) == 0)
        {
            await SweepAtOnceAsync(3);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(60)), TimeProvider.System);
        }
        else
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestDelay)), TimeProvider.System);
        }

        await portal.App.KillAsync();
        kills++;
        portal.App.Start();
        await portal.App.UntilAnsweringAsync();
    }

    private async Task SweepAtOnceAsync(int count)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(_ => portal.RunTimerAsync("SweepOutbox")));
        }
        catch (HttpRequestException e)
        {
            report($"no sweep: {e.Message}");
        }
    }

    private async Task SettleAsync(long began)
    {
        var findings = new FireFindings(portal);
        var reported = began;
        while (TimeProvider.System.GetElapsedTime(began) < options.Limit)
        {
            var left = await findings.UnfinishedAsync();
            if (left.Count == 0)
            {
                return;
            }

            if (kills < options.Kills)
            {
                await KillAsync();
                continue;
            }

            if (TimeProvider.System.GetElapsedTime(reported) > TimeSpan.FromSeconds(10))
            {
                reported = TimeProvider.System.GetTimestamp();
                report($"waiting for {string.Join(", ", left)}");
            }

            // Mux waits minutes after an attempt that found the app dead: that is Mux's business, not what this is about.
            await portal.ExecuteAsync(
                "update vendors.due_work set due_at = now() where vendor = 'mux' and kind = 'webhook' and due_at > now()");
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        }
    }
}
