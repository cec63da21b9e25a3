namespace Portal.Tests.Staging;

/// <summary>What the program touches: tests put their own clock, network and variables in.</summary>
/// <param name="Variable">Reads an environment variable.</param>
/// <param name="WaitAsync">Lets time pass; the text says for what.</param>
/// <param name="Handler">Sends requests. It follows no redirects and keeps no cookies: both are looked at.</param>
public sealed record StagingWorld(
    TextWriter Output, TextWriter Errors, Func<string, string?> Variable, TimeProvider Clock,
    Func<TimeSpan, string, CancellationToken, Task> WaitAsync, HttpMessageHandler Handler)
{
    public static StagingWorld Real(HttpMessageHandler handler) => new(
        Console.Out, Console.Error, Environment.GetEnvironmentVariable, TimeProvider.System,
        async (span, why, ct) =>
        {
            await Console.Error.WriteLineAsync($"  waiting {span.TotalSeconds:0} s {why}");
            await Task.Delay(span, TimeProvider.System, ct);
        },
        handler);
}
