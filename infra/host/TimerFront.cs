using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Portal.Host.Rpc;
using Portal.Host.Worker;
using Portal.Runtime.Timers;

namespace Portal.Host;

/// <summary>
/// Runs timers on schedule. One host, so one runner; a run that was due while the host was down is not made up for, and one that takes
/// longer than its interval delays the next.
/// </summary>
internal sealed partial class TimerFront(Invoker invoker, AppHostOptions options, TimeProvider clock, ILogger<TimerFront> logger)
{
    private readonly ConcurrentBag<Task> loops = [];

    public void Start(IEnumerable<AppFunction> functions, CancellationToken ct)
    {
        foreach (var timer in functions.Where(function => function.IsTriggeredBy("timerTrigger")))
        {
            loops.Add(LoopAsync(timer, ScheduleOf(timer), ct));
        }
    }

    public Task WhenStoppedAsync() => Task.WhenAll(loops);

    public async Task RunAsync(AppFunction timer, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var next = ScheduleOf(timer).Next(now);
        var info = string.Create(CultureInfo.InvariantCulture,
            $$"""{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"{{now:O}}","Next":"{{next:O}}","LastUpdated":"{{now:O}}"},"IsPastDue":false}""");
        try
        {
            var answer = await invoker.InvokeAsync(timer, new TypedData { Json = info }, [], ct: ct);
            if (answer.Result.Status == StatusResult.Types.Status.Failure)
            {
                Log.Failed(logger, timer.Name, answer.Result.Exception?.Message);
            }
        }
        catch (WorkerExitedException exited)
        {
            Log.Failed(logger, timer.Name, exited.Message);
        }
    }

    private async Task LoopAsync(AppFunction timer, TimerSchedule schedule, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                var now = clock.GetUtcNow();
                await Task.Delay(schedule.Next(now) - now, clock, ct);
                await RunAsync(timer, ct);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    /// <summary>As written, or by the setting that <c>%Name%</c> names.</summary>
    private TimerSchedule ScheduleOf(AppFunction timer)
    {
        var text = timer.Trigger.Text("schedule") ?? "";
        var schedule = text is ['%', .. var name, '%'] ? options.Settings.GetValueOrDefault(name) ?? "" : text;
        return TimerSchedule.Parse(schedule)
            ?? throw new InvalidOperationException($"Timer {timer.Name} has no schedule: '{text}' is '{schedule}'.");
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Timer {Timer} failed: {Why}")]
        public static partial void Failed(ILogger logger, string timer, string? why);
    }
}
