using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Moq;
using Portal.Functions;
using Portal.Host;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Infra.Deployment;

/// <summary>What hosts write about a request by themselves, before the app sees it: paths of share and unsubscribe links carry tokens.
/// </summary>
public sealed class HostLogTests
{
    /// <summary>The server puts the path into the scope of every line of a request when this log would take but the worst.</summary>
    private const string RequestLog = "Microsoft.AspNetCore.Hosting.Diagnostics";

    [Fact]
    public void The_app_keeps_no_log_of_requests_whatever_its_host_does()
    {
        var services = new ServiceCollection();
        var app = new Mock<IFunctionsWorkerApplicationBuilder>();
        app.Setup(builder => builder.Services).Returns(services);
        app.Setup(builder => builder.Use(It.IsAny<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>>())).Returns(app.Object);
        app.Object.AddPortal();
        using var provider = services.AddLogging(logging => logging.AddSimpleConsole()).BuildServiceProvider();

        Assert.False(provider.GetRequiredService<ILoggerFactory>().CreateLogger(RequestLog).IsEnabled(LogLevel.Critical));
    }

    [Fact]
    public void Our_own_host_keeps_no_log_of_requests_and_tells_the_rest_that_matters()
    {
        using var logs = LoggerFactory.Create(logging => logging.AddHostLevels().AddSimpleConsole());

        Assert.False(logs.CreateLogger(RequestLog).IsEnabled(LogLevel.Critical));
        Assert.True(logs.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Warning));
        Assert.True(logs.CreateLogger("Portal.Functions").IsEnabled(LogLevel.Information));
    }

    [Fact]
    public void The_Functions_host_keeps_no_log_of_requests_and_collects_no_address()
    {
        var logging = JsonNode.Parse(Sources.Read("host.json"))!["logging"]!;

        Assert.Equal("None", logging["logLevel"]![RequestLog]!.ToString());
        var collected = logging["applicationInsights"]!["httpAutoCollectionOptions"]!;
        Assert.False((bool)collected["enableHttpTriggerExtendedInfoCollection"]!);
    }
}
