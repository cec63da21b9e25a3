using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;

namespace Portal.Tests.SampleApp;

public static class Activities
{
    private static readonly ConcurrentDictionary<string, int> Seen = new();

    [Function(nameof(Shout))]
    public static string Shout([ActivityTrigger] string text) => $"{text}!";

    [Function(nameof(Square))]
    public static int Square([ActivityTrigger] int number) => number * number;

    [Function(nameof(Next))]
    public static int Next([ActivityTrigger] int number) => number + 1;

    [Function(nameof(FailAtFirst))]
    public static int FailAtFirst([ActivityTrigger] Attempts attempts)
    {
        ArgumentNullException.ThrowIfNull(attempts);
        var attempt = Seen.AddOrUpdate(attempts.Instance, 1, (_, before) => before + 1);
        return attempt > attempts.Failures ? attempt : throw new OnPurposeException($"attempt {attempt}");
    }

    [Function(nameof(Fail))]
    public static int Fail([ActivityTrigger] string why) => throw new OnPurposeException(why);
}
