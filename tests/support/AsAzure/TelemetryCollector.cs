using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Portal.Tests.Support.AsAzure;

/// <summary>
/// Takes OTLP over HTTP and keeps the bytes of each message. Texts stand in them as they are and ids as their bytes, so that they can be
/// searched without knowing the messages.
/// </summary>
public sealed class TelemetryCollector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<(string Signal, byte[] Message)> taken = [];

    private TelemetryCollector(WebApplication app) => this.app = app;

    public static IReadOnlyDictionary<string, string?> None { get; } = new Dictionary<string, string?>();

    /// <summary>What makes the app send here, and soon.</summary>
    public IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>
    {
        ["Telemetry:OtlpUrl"] = app.Urls.Single(),
        ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "500",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
    };

    public static async Task<TelemetryCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var collector = new TelemetryCollector(app);
        app.MapPost("/v1/{signal}", collector.TakeAsync);
        await app.StartAsync();
        return collector;
    }

    /// <param name="signal"><c>traces</c>, <c>metrics</c> or <c>logs</c>; null: any.</param>
    public bool Holds(string text, string? signal = null) => Holds(Encoding.UTF8.GetBytes(text), signal);

    /// <inheritdoc cref="Holds(string, string?)"/>
    public bool Holds(byte[] bytes, string? signal = null) =>
        taken.Any(one => (signal is null || one.Signal == signal) && one.Message.AsSpan().IndexOf(bytes) >= 0);

    public long Bytes => taken.Sum(one => (long)one.Message.Length);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> TakeAsync(string signal, HttpRequest request)
    {
        using var message = new MemoryStream();
        await request.Body.CopyToAsync(message);
        taken.Enqueue((signal, message.ToArray()));
        return Results.Bytes([], "application/x-protobuf");
    }
}
