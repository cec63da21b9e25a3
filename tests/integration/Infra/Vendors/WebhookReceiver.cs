using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Portal.Tests.Integration.Infra.Vendors;

internal sealed record ReceivedWebhook(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public string Type => (string)Json["type"]!;
}

/// <summary>An endpoint on loopback that keeps what it is sent and answers as told.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedWebhook> received = new();
    private readonly WebApplication app;

    private WebhookReceiver(WebApplication app) => this.app = app;

    /// <summary>The status to answer with; -1 never answers.</summary>
    public Func<ReceivedWebhook, int> Answer { get; set; } = _ => 200;

    /// <summary>Headers put on every answer.</summary>
    public Dictionary<string, string> AnswerHeaders { get; } = [];

    /// <summary>Bytes a GET of /file answers with; null is 404.</summary>
    public byte[]? File { get; set; }

    public Uri Address => new(app.Urls.First() + "/hook");

    public Uri FileAddress => new(app.Urls.First() + "/file");

    public IReadOnlyList<ReceivedWebhook> All => [.. received];

    public IReadOnlyList<string> Types => [.. received.Select(one => one.Type)];

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.ServeAsync);
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Path == "/file")
        {
            context.Response.StatusCode = File is null ? 404 : 200;
            await context.Response.Body.WriteAsync(File ?? Encoding.UTF8.GetBytes("no"));
            return;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers.ToDictionary(
            header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var webhook = new ReceivedWebhook(context.Request.Path, headers, body.ToArray());
        received.Enqueue(webhook);
        var status = Answer(webhook);
        if (status < 0)
        {
            var gone = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return;
        }
        foreach (var (name, value) in AnswerHeaders)
        {
            context.Response.Headers[name] = value;
        }
        context.Response.StatusCode = status;
        await context.Response.WriteAsync("noted");
    }
}
