using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class TimerSamples(TimerSamples.Runs runs, TimeProvider clock)
{
    public static readonly IReadOnlyDictionary<string, string?> Settings = new Dictionary<string, string?>
    { ["HourlySchedule"] = "0 0 * * * *" };

    public static Action<IFunctionsWorkerApplicationBuilder> Register(Runs runs) => app => app.Services.AddSingleton(runs);

    [Function("Hourly")]
    public Task Hourly([TimerTrigger("%HourlySchedule%")] TimerInfo timer, CancellationToken ct) => RunAsync("Hourly", timer, ct);

    [Function("EveryTenMinutes")]
    public Task EveryTenMinutes([TimerTrigger("00:10:00")] TimerInfo timer, CancellationToken ct) =>
        RunAsync("EveryTenMinutes", timer, ct);

    [Function("OnStartup")]
    public Task OnStartup([TimerTrigger("0 0 5 * * *", RunOnStartup = true)] TimerInfo timer, CancellationToken ct) =>
        RunAsync("OnStartup", timer, ct);

    private async Task RunAsync(string name, TimerInfo timer, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(timer);
        runs.Began(name, new Run(clock.GetUtcNow().UtcDateTime, timer.IsPastDue, timer.ScheduleStatus?.Last, timer.ScheduleStatus?.Next));
        try
        {
            await (runs.Hold?.Task ?? Task.CompletedTask).WaitAsync(ct);
            if (runs.Failure is { } failure)
            {
                throw failure;
            }
        }
        finally
        {
            runs.Ended();
        }
    }

    public sealed record Run(DateTime At, bool PastDue, DateTime? Last, DateTime? Next);

    public sealed class Runs
    {
        private readonly ConcurrentQueue<(string Name, Run Run)> all = new();
        private int running;

        /// <summary>Set to keep runs going until it completes.</summary>
        public TaskCompletionSource? Hold { get; set; }

        public Exception? Failure { get; set; }

        public int MostAtOnce { get; private set; }

        public Run[] Of(string name) => [.. all.Where(entry => entry.Name == name).Select(entry => entry.Run)];

        public void Began(string name, Run run)
        {
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref running));
            all.Enqueue((name, run));
        }

        public void Ended() => Interlocked.Decrement(ref running);
    }
}

public sealed class HourlyOnly(TimerSamples.Runs runs, TimeProvider clock)
{
    [Function("Hourly")]
    public Task Hourly([TimerTrigger("0 0 * * * *")] TimerInfo timer, CancellationToken ct) =>
        new TimerSamples(runs, clock).Hourly(timer, ct);
}

public sealed class HalfHourlyOnly(TimerSamples.Runs runs, TimeProvider clock)
{
    [Function("Hourly")]
    public Task Hourly([TimerTrigger("0 30 * * * *")] TimerInfo timer, CancellationToken ct) =>
        new TimerSamples(runs, clock).Hourly(timer, ct);
}

public sealed class SecondsOnly(TimerSamples.Runs runs, TimeProvider clock)
{
    [Function("Hourly")]
    public Task Hourly([TimerTrigger("*/30 * * * * *")] TimerInfo timer, CancellationToken ct) =>
        new TimerSamples(runs, clock).Hourly(timer, ct);
}
