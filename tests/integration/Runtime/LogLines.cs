using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Portal.Tests.Integration.Runtime;

/// <summary>Everything a host logged, one line an event: level, category, message, exception.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public string[] All => [.. lines];

    public string[] With(string text) => [.. lines.Where(line => line.Contains(text, StringComparison.Ordinal))];

    public ILogger CreateLogger(string categoryName) => new Lines(lines, categoryName);

    public void Dispose()
    {
    }

    private sealed class Lines(ConcurrentQueue<string> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
    }
}
