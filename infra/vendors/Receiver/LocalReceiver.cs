using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.Foundation;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>What a <see cref="LocalReceiver"/> needs.</summary>
public sealed class LocalReceiverOptions : LocalVendorOptions;

/// <summary>A webhook as it arrived.</summary>
/// <param name="Hook">The last part of the path it was sent to.</param>
public sealed record ArrivedWebhook(
    string Hook, string Id, string Timestamp, string Signature, string Body, IReadOnlyDictionary<string, string> Headers,
    DateTimeOffset At)
{
    public JsonNode Json => JsonNode.Parse(Body)!;
}

/// <summary>
/// Somebody's system that gets the portal's webhooks: <c>POST /hooks/{name}</c> takes any, <c>POST /moved/{name}</c> leads on to the
/// first, <c>POST /echo/{name}</c> answers with all that it got, <c>POST /long/{name}</c> with a megabyte. What arrived is at <c>/</c> for
/// people and at <c>/local/received</c> for programs, and gone when the process ends. Planned faults (<see cref="LocalVendor.Faults"/>)
/// concern all of it.
/// </summary>
public sealed class LocalReceiver : LocalVendor
{
    private const int Capacity = 10_000;
    private const int LongAnswer = 1024 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<ArrivedWebhook> received = new();

    private LocalReceiver(VendorHost host)
        : base(host)
    {
    }

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<ArrivedWebhook> Received
    {
        get
        {
            lock (gate)
            {
                return [.. received];
            }
        }
    }

    public static Task<LocalReceiver> StartAsync(LocalReceiverOptions options, CancellationToken ct = default) =>
        StartAsync("receiver", options, host => new LocalReceiver(host), ct);

    public Uri HookUrl(string name, string kind = "hooks") => new(Address, $"/{kind}/{name}");

    public IReadOnlyList<ArrivedWebhook> Of(string hook) => [.. Received.Where(webhook => webhook.Hook == hook)];

    public void Clear()
    {
        lock (gate)
        {
            received.Clear();
        }
    }

    private protected override Task<VendorApi> PrepareAsync(CancellationToken ct) => Task.FromResult(new VendorApi(
        app =>
        {
            app.Json("POST", "/hooks/{name}", TakeAsync);
            app.MapMethods("/moved/{name}", ["POST"], (HttpContext context) =>
            {
                context.Response.StatusCode = StatusCodes.Status302Found;
                context.Response.Headers.Location = $"/hooks/{context.Route("name")}";
                return Task.CompletedTask;
            });
            app.MapMethods("/echo/{name}", ["POST"], async (HttpContext context) =>
            {
                var webhook = await KeepAsync(context);
                var headers = string.Join('\n', webhook.Headers.Select(header => $"{header.Key}: {header.Value}"));
                await context.Response.WriteAsync($"{headers}\n\n{webhook.Body}", context.RequestAborted);
            });
            app.MapMethods("/long/{name}", ["POST"], async (HttpContext context) =>
            {
                await KeepAsync(context);
                await context.Response.WriteAsync(new string('x', LongAnswer), context.RequestAborted);
            });
            app.Json("GET", "/local/received", _ => Task.FromResult(
                new VendorReply(200, new JsonArray([.. Received.Select(Json)]))));
            app.MapMethods("/", ["GET"], PageAsync);
        },
        (status, message) => new JsonObject { ["status"] = status, ["message"] = message },
        "/hooks", "/moved", "/echo", "/long"));

    private async Task<VendorReply> TakeAsync(HttpContext context)
    {
        await KeepAsync(context);
        return new VendorReply(204);
    }

    private async Task<ArrivedWebhook> KeepAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers.ToDictionary(
            header => header.Key.ToLowerInvariant(), header => header.Value.ToString(), StringComparer.Ordinal);
        var webhook = new ArrivedWebhook(
            context.Route("name"), headers.GetValueOrDefault("webhook-id", ""), headers.GetValueOrDefault("webhook-timestamp", ""),
            headers.GetValueOrDefault("webhook-signature", ""), await reader.ReadToEndAsync(context.RequestAborted), headers, Host.Now);
        lock (gate)
        {
            if (received.Count == Capacity)
            {
                received.Dequeue();
            }

            received.Enqueue(webhook);
            return webhook;
        }
    }

    private static JsonObject Json(ArrivedWebhook webhook) => new()
    {
        ["hook"] = webhook.Hook,
        ["id"] = webhook.Id,
        ["timestamp"] = webhook.Timestamp,
        ["signature"] = webhook.Signature,
        ["body"] = webhook.Body,
    };

    private async Task PageAsync(HttpContext context)
    {
        var all = Received;
        var articles = all.Reverse().Take(200).Select(webhook => Html.Of($"""
            <article><h2>{Type(webhook)}</h2>{LocalPage.Facts(
                ("Id", webhook.Id), ("Arrived", webhook.At.ToString("u", CultureInfo.InvariantCulture)), ("At", webhook.Hook))}
            <pre>{webhook.Body}</pre></article>
            """));
        await LocalPage.WriteAsync(context, "Local webhook receiver", Html.Of($"""
            <p>{all.Count} {(all.Count == 1 ? "webhook" : "webhooks")}, newest first.</p>{Html.Join(articles)}
            """));
    }

    private static string Type(ArrivedWebhook webhook)
    {
        var (readable, body) = JsonBody.Parse(System.Text.Encoding.UTF8.GetBytes(webhook.Body));
        return readable && body is JsonObject message && message.Text("type") is { } type ? type : "not JSON";
    }
}
