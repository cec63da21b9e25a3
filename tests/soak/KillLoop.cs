using System.Collections.Concurrent;
using Portal.Tests.Support;

namespace Portal.Tests.Soak;

/// <param name="Kills">How often the app is killed.</param>
/// <param name="Hurry">
/// True: in the end waits of minutes (webhook retries, the sweep's grace) are made due at once in the rows, and the timers run by the
/// admin route. False: everything takes the time it takes.
/// </param>
/// <param name="Limit">For everything to settle after the last kill.</param>
public sealed record KillLoopOptions(int Kills, int Seed, bool Hurry, TimeSpan Limit);

/// <summary>What a run saw. <see cref="Violations"/> is empty when every upload ended ready exactly once.</summary>
/// <param name="KilledAt">Kills by the furthest step the round's newest upload had shown.</param>
public sealed record KillLoopResult(
    int Kills, int Uploads, int LostAnswers, int AskedAgain, int SpareMuxUploads, int TakeOverEpochs, TimeSpan Settling,
    IReadOnlyDictionary<string, int> KilledAt,
    IReadOnlyDictionary<string, int> Alerts, IReadOnlyList<string> Violations);

/// <summary>
/// Uploads are asked for and sent while the app is killed with SIGKILL and started again, round after round: half of the kills after a
/// random time, half right after a step shows in the rows. What a person would do is done: an answer that never came is looked for, and
/// asked for again only when no job is there. In the end every job must be ready, once.
/// </summary>
public sealed class KillLoop(LivePortal portal, KillLoopOptions options, Action<string> report)
{
    private const int UploadsPerRound = 2;
    private const int LongestDelay = 1500;
    // Long: on a busy machine an app that was just started needs some seconds before a step shows.
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(15);

    private readonly Random random = new(options.Seed);
    private readonly ConcurrentDictionary<Guid, bool> carried = [];
    private readonly ConcurrentDictionary<string, int> killedAt = [];
    private readonly CancellationTokenSource over = new();
    private readonly byte[] bytes = Mp4Sample.Clip();
    private Guid project;
    private int lost;
    private int again;

    public async Task<KillLoopResult> RunAsync()
    {
        portal.App.Start();
        await portal.App.UntilAnsweringAsync();
        project = (await portal.CallAsync("admin", HttpMethod.Post, "/api/projects", new
        {
            name = "Killed and carried on",
            memberIds = Enumerable.Range(1, TestPeople.Crew).Select(i => TestPeople.UserId($"crew{i}")),
        })).Expect(201).Id;

        var uploads = new List<Task>();
        for (var round = 1; round <= options.Kills; round++)
        {
            await RoundAsync(round, uploads);
        }

        var began = TimeProvider.System.GetTimestamp();
        await SettleAsync(uploads, began);
        var settling = TimeProvider.System.GetElapsedTime(began);
        var findings = new InvariantChecker(portal);
        return new(
            options.Kills, carried.Count, lost, again, await findings.SpareMuxUploadsAsync(), await findings.TakeOversAsync(), settling,
            killedAt, await findings.AlertsAsync(),
            [.. Broken(uploads), .. await findings.ViolationsAsync()]);
    }

    private async Task RoundAsync(int round, List<Task> uploads)
    {
        // The limit of 20 a day is per person and not what this is about.
        await portal.ExecuteAsync("delete from portal.rate_windows");
        for (var i = 0; i < UploadsPerRound; i++)
        {
            var number = ((round - 1) * UploadsPerRound) + i;
            uploads.Add(Task.Run(() => CarryAsync(number)));
        }

        var newest = $"cut-{((round - 1) * UploadsPerRound) + 1}-1.mp4";
        await MomentAsync(round, newest);
        var at = await StepAsync(newest);
        await portal.App.KillAsync();
        killedAt.AddOrUpdate(at, 1, (_, kills) => kills + 1);
        portal.App.Start();

        // Some kills hit while it is still starting up and taking over.
        if (round == options.Kills || random.Next(5) > 0)
        {
            await portal.App.UntilAnsweringAsync();
        }
        if (round % 10 == 0)
        {
            report($"{round} kills, {carried.Count} uploads carried, {uploads.Count(upload => upload.IsCompleted)} sent");
        }
    }

    /// <summary>The first kill hits a running orchestration, whatever the seed: a run without one would show nothing.</summary>
    private async Task MomentAsync(int round, string newest)
    {
        if (round > 1 && random.Next(2) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestDelay)), TimeProvider.System);
            return;
        }

        var wanted = round == 1 ? InvariantChecker.Steps.IndexOf("started") : random.Next(1, InvariantChecker.Steps.Count);
        var began = TimeProvider.System.GetTimestamp();
        while (InvariantChecker.Steps.IndexOf(await StepAsync(newest)) < wanted && TimeProvider.System.GetElapsedTime(began) < StepLimit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private Task<string> StepAsync(string fileName) => new InvariantChecker(portal).StepAsync(fileName);

    /// <summary>One upload as a patient frontend does it: ask, look again after a lost answer, send the bytes.</summary>
    private async Task CarryAsync(int number)
    {
        var person = $"crew{(number % TestPeople.Crew) + 1}";
        for (var turn = 1; ; turn++)
        {
            var name = $"cut-{number}-{turn}.mp4";
            if (await AskAsync(person, name) is { } job)
            {
                await SendAsync(person, job);
                return;
            }

            Interlocked.Increment(ref again);
            await PauseAsync();
        }
    }

    private async Task<Guid?> AskAsync(string person, string name)
    {
        try
        {
            var body = new { projectId = project, title = name, fileName = name, sizeBytes = bytes.Length, source = "direct" };
            var answer = await portal.CallAsync(person, HttpMethod.Post, "/api/uploads", body);
            if (answer.Code is 201 or 202)
            {
                return answer.Id;
            }
        }
        catch (Exception e) when (IsDeath(e))
        {
            Interlocked.Increment(ref lost);
        }

        // Killed before or after the commit? A statement of the dead process may still be running, so not at once.
        await PauseAsync();
        return await FindAsync(name);
    }

    private async Task<Guid?> FindAsync(string name) =>
        (await portal.QueryAsync<Guid>(
            "select j.id from portal.upload_jobs j join portal.asset_versions v on v.id = j.asset_version_id where v.file_name = @name",
            new { name }))
        is [var id] ? id : null;

    private async Task SendAsync(string person, Guid job)
    {
        if (!carried.TryAdd(job, true))
        {
            return;
        }

        using var http = new HttpClient();
        while (true)
        {
            if (await TargetAsync(person, job) is { } url)
            {
                using var content = new ByteArrayContent(bytes);
                using var response = await http.PutAsync(new Uri(url), content, over.Token);
                response.EnsureSuccessStatusCode();
                return;
            }

            await PauseAsync();
        }
    }

    private async Task<string?> TargetAsync(string person, Guid job)
    {
        try
        {
            var answer = await portal.CallAsync(person, HttpMethod.Get, $"/api/uploads/{job}");
            return answer.Code == 200 ? answer.Json?["target"]?["url"]?.ToString() : null;
        }
        catch (Exception e) when (IsDeath(e))
        {
            return null;
        }
    }

    private Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, over.Token);

    private static bool IsDeath(Exception e) => e is HttpRequestException or IOException or TaskCanceledException;

    private async Task SettleAsync(List<Task> uploads, long began)
    {
        var findings = new InvariantChecker(portal);
        var reported = began;
        while (TimeProvider.System.GetElapsedTime(began) < options.Limit)
        {
            // A statement of a killed process may have been committed after its upload was looked for.
            foreach (var job in (await portal.QueryAsync<Guid>("select id from portal.upload_jobs"))
                .Where(job => !carried.ContainsKey(job)))
            {
                if (uploads.TrueForAll(upload => upload.IsCompleted))
                {
                    uploads.Add(SendAsync("admin", job));
                }
            }

            var left = await findings.UnfinishedAsync();
            if (uploads.TrueForAll(upload => upload.IsCompleted) && left.Count == 0)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(reported) > TimeSpan.FromSeconds(10))
            {
                reported = TimeProvider.System.GetTimestamp();
                report($"waiting for {string.Join(", ", left)}");
            }

            if (options.Hurry)
            {
                await HurryAsync();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }

        await over.CancelAsync();
        await Task.WhenAll(uploads).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task HurryAsync()
    {
        await portal.ExecuteAsync("""
            update portal.webhook_inbox set next_attempt_at = now() where status in ('received', 'retrying')
               and received_at < now() - interval '4 seconds';
            update portal.upload_jobs set updated_at = now() - interval '1 minute' where started_at is null
               and created_at < now() - interval '2 seconds';
            update vendors.due_work set due_at = now() where vendor = 'mux' and kind = 'webhook' and due_at > now() + interval '1 second';
            """);
        await portal.RunTimerAsync("RetryWebhookInbox");
        await portal.RunTimerAsync("ReconcileUploads");
    }

    private static IEnumerable<string> Broken(List<Task> uploads) =>
        uploads.Where(upload => !upload.IsCompletedSuccessfully).Select(
            upload => $"an upload was not sent: {upload.Exception?.GetBaseException().Message ?? "out of time"}");
}
