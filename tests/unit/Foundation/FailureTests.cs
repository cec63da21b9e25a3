using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Moq;
using Portal.Foundation.Faults;
using Portal.Functions;
using Portal.Functions.Foundation.Http;

namespace Portal.Tests.Unit.Foundation;

/// <summary>What callers and on-call hear when a run fails.</summary>
public sealed class FailureTests
{
    private readonly DefaultHttpContext http = new();
    private readonly Mock<FunctionContext> context = new();
    private readonly Levels levels = new();

    public FailureTests()
    {
        context.Setup(c => c.Items).Returns(new Dictionary<object, object> { ["HttpRequestContext"] = http });
        context.Setup(c => c.FunctionDefinition).Returns(Mock.Of<FunctionDefinition>(d => d.Name == "Any"));
        http.Response.Body = new MemoryStream();
    }

    [Fact]
    public async Task An_engine_that_is_away_is_503_and_worth_another_try()
    {
        await LastResortAsync(new TransientException("Durable does not answer (Unavailable)"));
        Assert.Equal((503, "5"), (http.Response.StatusCode, http.Response.Headers.RetryAfter.ToString()));
    }

    [Fact]
    public async Task A_bug_is_500()
    {
        await LastResortAsync(new InvalidDataException("secret"));
        Assert.Equal((500, ""), (http.Response.StatusCode, http.Response.Headers.RetryAfter.ToString()));
    }

    public static TheoryData<Exception, LogLevel> Failures => new()
    {
        { new TransientException("Mux is away (503)"), LogLevel.Warning },
        { new PermanentException("Mux refused it"), LogLevel.Warning },
        { new InvalidDataException("a bug"), LogLevel.Error },
        { new OperationCanceledException(), LogLevel.Error },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_run_that_fails_is_one_line_at_the_level_it_deserves(Exception failure, LogLevel level)
    {
        var middleware = new FailedRunMiddleware(new Logger<FailedRunMiddleware>(new LoggerFactory([levels])));
        Assert.Same(failure, await Record.ExceptionAsync(() => middleware.Invoke(context.Object, _ => throw failure)));
        Assert.Equal([level], levels.Seen);
    }

    private Task LastResortAsync(Exception failure) =>
        new ExceptionMiddleware(new Logger<ExceptionMiddleware>(new LoggerFactory([levels]))).Invoke(context.Object, _ => throw failure);

    private sealed class Levels : ILoggerProvider, ILogger
    {
        public List<LogLevel> Seen { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Seen.Add(logLevel);

        public void Dispose()
        {
        }
    }
}
