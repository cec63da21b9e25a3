using System.Globalization;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using NCrontab;

namespace Portal.Functions.Operations;

/// <summary>A timer of the app and its schedule: six fields of cron in UTC, or a time span.</summary>
public sealed record TimerEntry(string Name, string Schedule)
{
    /// <summary>The first time that it is due after then; null when its schedule is none that we can read.</summary>
    public DateTimeOffset? DueAfter(DateTimeOffset time)
    {
        var six = Schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
        if (CrontabSchedule.TryParse(Schedule, new CrontabSchedule.ParseOptions { IncludingSeconds = six }) is { } cron)
        {
            return new(cron.GetNextOccurrence(time.UtcDateTime), TimeSpan.Zero);
        }

        return TimeSpan.TryParse(Schedule, CultureInfo.InvariantCulture, out var every) && every > TimeSpan.Zero ? time + every : null;
    }
}

/// <summary>All timers of the app, read off its functions: one that never ran is seen too.</summary>
public sealed class TimerCatalog(IConfiguration settings)
{
    public IReadOnlyList<TimerEntry> All { get; } =
        [.. Triggers().Select(timer => timer with { Schedule = Resolve(timer.Schedule, settings) })];

    /// <summary>As the functions say it: a schedule between per cent signs is the name of a setting.</summary>
    public static IEnumerable<TimerEntry> Triggers() =>
        from method in typeof(TimerCatalog).Assembly.GetTypes().SelectMany(type => type.GetMethods())
        let function = method.GetCustomAttribute<FunctionAttribute>()
        let trigger = method.GetParameters().Select(
            parameter => parameter.GetCustomAttribute<TimerTriggerAttribute>()).FirstOrDefault(found => found is not null)
        where function is not null && trigger is not null
        orderby function.Name
        select new TimerEntry(function.Name, trigger.Schedule);

    private static string Resolve(string schedule, IConfiguration settings) =>
        schedule is ['%', .. var name, '%'] ? settings[name] ?? schedule : schedule;
}
