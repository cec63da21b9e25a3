using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>Everything a host logged, one line an event: level, category, message, exception, and what the scopes around it
/// hold.</summary>
internal sealed class LogLines : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> lines = new();
    private IExternalScopeProvider? scopes;

    public string[] All => [.. lines];

    public string[] With(string text) => [.. lines.Where(line => line.Contains(text, StringComparison.Ordinal))];

    public ILogger CreateLogger(string categoryName) => new Lines(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose()
    {
    }

    private string Scopes()
    {
        var text = new StringBuilder();
        scopes?.ForEachScope(
            static (scope, text) => text.Append(scope is IEnumerable<KeyValuePair<string, object?>> values
                ? string.Concat(values.Select(value => $" {value.Key}={value.Value}"))
                : $" {scope}"),
            text);
        return text.ToString();
    }

    private sealed class Lines(LogLines log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.lines.Enqueue(
                $"{logLevel} {category}: {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}{log.Scopes()}");
    }
}
