using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Portal.Runtime.Durable;

/// <summary>Durable orchestrations on Postgres.</summary>
public sealed class DurableEngine : IAsyncDisposable
{
    private DurableEngine(DurableEngineOptions options) => Options = options;

    /// <summary>The client that functions get for <c>[DurableClient]</c>; works from creation on, before <see cref="StartAsync"/> too.</summary>
    public DurableTaskClient Client => throw new NotSupportedException("Being built");

    public DurableEngineOptions Options { get; }

    /// <summary>Migrates schema <c>durable</c> and prepares the client; nothing runs until <see cref="StartAsync"/>.</summary>
    public static Task<DurableEngine> CreateAsync(DurableEngineOptions options, IDurableFunctions functions, ILoggerFactory loggers, CancellationToken ct = default) =>
        Task.FromResult(new DurableEngine(options));

    public Task StartAsync(CancellationToken ct = default) => Task.CompletedTask;

    /// <summary>Lets running activities finish within the drain limit, then hands all instances over to whoever asks first.</summary>
    public Task StopAsync(CancellationToken ct = default) => Task.CompletedTask;

    /// <summary>For tests: returns when nothing is due by the clock and nothing runs.</summary>
    /// <exception cref="TimeoutException">Not idle within <paramref name="limit"/> of real time; the message says what is left.</exception>
    public Task WhenIdleAsync(TimeSpan limit) => Task.CompletedTask;

    /// <summary>For tests: stops as a killed process would. Nothing more is committed, no lease is given back.</summary>
    public void Abandon() => GC.KeepAlive(Options);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
