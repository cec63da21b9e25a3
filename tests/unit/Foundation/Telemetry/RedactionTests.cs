using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using Portal.Functions.Foundation.Telemetry;

namespace Portal.Tests.Unit.Foundation.Telemetry;

/// <summary>What the two processors make of a span and of a line before an exporter sees them.</summary>
public sealed class RedactionTests
{
    private const string Token = "/api/share/c2VjcmV0LXRva2Vu";

    [Theory]
    [InlineData("https://api.mux.com/video/v1/assets/8ZqK1vBv01?x=1", "https://api.mux.com/video/v1/assets/{…}")]
    [InlineData("https://api.mux.com/video/v1/uploads", "https://api.mux.com/video/v1/uploads")]
    [InlineData("https://api.clerk.com/v1/users/user_2abc/delete", "https://api.clerk.com/v1/users/{…}/delete")]
    [InlineData("https://store.public.blob.vercel-storage.com/originals/final.mov", "https://store.public.blob.vercel-storage.com/originals/{…}")]
    [InlineData("no address", "")]
    public void An_address_keeps_the_words_of_its_path(string address, string left)
    {
        using var span = new Activity("GET").SetTag("url.full", address).SetTag("url.query", "token=1").Start();

        new RedactTraces().OnEnd(span);

        Assert.Equal(left, span.GetTagItem("url.full"));
        Assert.Equal("", span.GetTagItem("url.query"));
    }

    [Fact]
    public void Names_tags_and_reasons_of_a_span_lose_secrets()
    {
        using var span = new Activity($"GET {Token}").SetTag("what", Token).SetTag("count", 3).Start();
        span.SetStatus(ActivityStatusCode.Error, Token);

        new RedactTraces().OnEnd(span);

        Assert.Equal("GET /api/share/{hidden}", span.DisplayName);
        Assert.Equal("/api/share/{hidden}", span.GetTagItem("what"));
        Assert.Equal(3, span.GetTagItem("count"));
        Assert.Equal((ActivityStatusCode.Error, "/api/share/{hidden}"), (span.Status, span.StatusDescription));
    }

    [Theory]
    [InlineData("connection refused", true)]
    [InlineData("eve@guests.example is no uuid", false)]
    public void A_span_whose_events_hold_a_secret_does_not_leave(string message, bool leaves)
    {
        using var span = new Activity("select") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        span.AddException(new InvalidOperationException(message));

        new RedactTraces().OnEnd(span);

        Assert.Equal(leaves, span.Recorded);
    }

    [Fact]
    public void Text_values_and_exception_of_a_line_lose_secrets()
    {
        var seen = new Seen();
        using (var logs = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.AddProcessor(new RedactLogs()).AddProcessor(seen);
        })))
        {
            logs.CreateLogger("test").LogWarning(
                new InvalidOperationException("eve@guests.example"), "{Count} to {Address}", 3, "eve@guests.example");
        }

        var (message, values, exception) = Assert.Single(seen.Lines);
        Assert.Equal("3 to {hidden}", message);
        Assert.Null(exception);
        Assert.Equal(3, values["Count"]);
        Assert.Equal("{hidden}", values["Address"]);
        Assert.Equal("{Count} to {Address}", values["{OriginalFormat}"]);
        Assert.Equal("System.InvalidOperationException", values["exception.type"]);
        Assert.Equal("{hidden}", values["exception.message"]);
        Assert.DoesNotContain("eve", (string)values["exception.stacktrace"]!, StringComparison.Ordinal);
    }

    private sealed class Seen : BaseProcessor<LogRecord>
    {
        public List<(string? Message, Dictionary<string, object?> Values, Exception? Exception)> Lines { get; } = [];

        public override void OnEnd(LogRecord data) =>
            Lines.Add((data.FormattedMessage, data.Attributes!.ToDictionary(one => one.Key, one => one.Value), data.Exception));
    }
}
