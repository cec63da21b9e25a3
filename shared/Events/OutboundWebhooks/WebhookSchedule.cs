namespace Portal.Events.OutboundWebhooks;

/// <summary>When an endpoint that did not take an event is asked again: eight times within a day (docs/flows/webhooks-out.md).</summary>
public static class WebhookSchedule
{
    /// <summary>Nothing but failures for so long: the endpoint is disabled.</summary>
    public static readonly TimeSpan FailingLimit = TimeSpan.FromDays(5);

    /// <summary>After the first attempt, after the second, …</summary>
    public static IReadOnlyList<TimeSpan> Waits { get; } =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(4),
        TimeSpan.FromHours(7), TimeSpan.FromHours(10),
    ];

    public static int MaxAttempts => Waits.Count + 1;

    /// <summary>Null: that was the last.</summary>
    /// <param name="attempts">How many have failed.</param>
    /// <param name="asked">How long the endpoint asked to be left alone; more than the longest wait is not granted.</param>
    public static TimeSpan? WaitAfter(int attempts, TimeSpan? asked)
    {
        if (attempts >= MaxAttempts)
        {
            return null;
        }

        var wait = Waits[attempts - 1];
        return TimeSpan.FromTicks(Math.Clamp((asked ?? wait).Ticks, wait.Ticks, Waits[^1].Ticks));
    }
}
