using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Portal.Tests.Integration.Operations;

/// <summary>A host that answers every request as a test says.</summary>
internal sealed class SetHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private SetHost(WebApplication app) => this.app = app;

    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    public string Address => app.Urls.First();

    public static async Task<SetHost> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var host = new SetHost(builder.Build());
        host.app.Run(context => host.Answer(context));
        await host.app.StartAsync();
        return host;
    }

    /// <summary>No answer until whoever asked gives up.</summary>
    public static async Task SilenceAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
