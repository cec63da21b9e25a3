using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Foundation;

/// <summary>Tokens stand in paths of share and unsubscribe links. Nothing that leaves the app about a request may hold one.</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    private const string Token = "c2VjcmV0LXRva2VuLW9mLWEtbGluay10aGF0LWlzLW1pbmU";
    private readonly ConcurrentQueue<string> lines = [];
    private readonly ConcurrentQueue<Activity> activities = [];
    private readonly TestPortal portal;

    public TelemetryTests() => portal = new TestPortal
    {
        AddToApp = app => app.Services.AddLogging(
            logging => logging.SetMinimumLevel(LogLevel.Information).AddProvider(new LineLog(lines))),
    };

    public Task InitializeAsync() => portal.InitializeAsync();

    public Task DisposeAsync() => portal.DisposeAsync();

    [Theory]
    [InlineData("/api/share/{0}", "GET")]
    [InlineData("/api/share/{0}/comments?limit=5", "GET")]
    [InlineData("/api/share/{0}/unlock", "POST")]
    [InlineData("/api/share/{0}/nothing", "GET")]
    [InlineData("/s/{0}", "GET")]
    [InlineData("/s/{0}", "POST")]
    [InlineData("/s/{0}/comments?cursor=none", "GET")]
    [InlineData("/api/mail/unsubscribe/{0}", "GET")]
    [InlineData("/api/erasures/by-code/{0}", "GET")]
    [InlineData("/api/mail/unsubscribe/{0}", "POST")]
    public async Task Neither_logs_nor_traces_hold_the_token(string path, string method)
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var instrumentation = DiagnosticListener.AllListeners.Subscribe(new Instrumentation());

        foreach (var traceParent in new[] { $"00-{trace}-00f067aa0ba902b7-01", null })
        {
            using var request = new HttpRequestMessage(new(method), new Uri(string.Format(null, path, Token), UriKind.Relative));
            request.Headers.TryAddWithoutValidation("traceparent", traceParent ?? "none");
            using var answer = await portal.Anonymous.SendAsync(request);
            Assert.InRange((int)answer.StatusCode, 200, 499);
        }

        // The server's activity stops after the answer has left.
        await Eventually.TrueAsync(
            () => Task.FromResult(Served().Count() >= 2), "both requests to be over");
        Assert.Contains(Served().SelectMany(Texts), text => text.Contains("{token}", StringComparison.Ordinal));
        Assert.DoesNotContain(Served().SelectMany(Texts), text => text.Contains(Token, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(path.Split('/')[1] + "/", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains(Token, StringComparison.Ordinal));

        // Other tests of this process make activities too, and this one's own client does, who knows the address it calls.
        IEnumerable<Activity> Served() => activities.Where(a => a.Kind == ActivityKind.Server
            && a.GetTagItem("server.port") is int port && port == portal.Address.Port);
    }

    private static IEnumerable<string> Texts(Activity activity) =>
        [activity.DisplayName, .. activity.TagObjects.Select(tag => tag.Value?.ToString() ?? "")];

    /// <summary>Notes what OpenTelemetry's and Application Insights' instrumentation of ASP.NET note when a request begins.</summary>
    private sealed class Instrumentation : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.AspNetCore")
            {
                value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "Microsoft.AspNetCore.Hosting.HttpRequestIn.Start", Value: HttpContext { Request: var request } }
                && Activity.Current is { } activity)
            {
                activity.DisplayName = $"{request.Method} {request.Path}";
                activity.SetTag("url.path", request.Path.Value);
                activity.SetTag("http.target", $"{request.Path}{request.QueryString}");
                activity.SetTag("url.full", $"http://{request.Host}{request.Path}{request.QueryString}");
                activity.SetTag("server.port", request.Host.Port);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => throw error;
    }

    /// <summary>Each line with its scopes, as a console or an exporter writes them.</summary>
    private sealed class LineLog(ConcurrentQueue<string> written) : ILoggerProvider, ISupportExternalScope
    {
        private ConcurrentQueue<string> Written { get; } = written;

        private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

        public ILogger CreateLogger(string categoryName) => new Lines(categoryName, this);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

        public void Dispose()
        {
        }

        private sealed class Lines(string category, LineLog log) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                log.scopes.ForEachScope((scope, queue) => queue.Enqueue($"{category} {{{scope}}}"), log.Written);
                log.Written.Enqueue($"{category}: {formatter(state, exception)} {exception}");
            }
        }


    }
}
