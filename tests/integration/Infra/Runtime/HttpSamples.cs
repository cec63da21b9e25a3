using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using BodyAttribute = Microsoft.Azure.Functions.Worker.Http.FromBodyAttribute;

namespace Portal.Tests.Integration.Infra.Runtime;

public enum Colour
{
    Red = 1,
    Blue = 2,
}

public sealed record Clip(string Title, int Seconds);

public sealed class HttpSamples
{
    [Function("Root")]
    public static IResult Root([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "/")] HttpRequest request) =>
        Results.Text("root");

    [Function("DefaultRoute")]
    public static IResult DefaultRoute([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text("default");

    [Function("AnyMethod")]
    public static IResult AnyMethod([HttpTrigger(AuthorizationLevel.Anonymous, Route = "any")] HttpRequest request) =>
        Results.Text(request.Method);

    [Function("WithHead")]
    public static IResult WithHead([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "headed")] HttpRequest request) =>
        Results.Text("head");

    [Function("ClipById")]
    public static IResult ById(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "clips/{id:guid}")] HttpRequest request, Guid id) =>
        Results.Text($"clip {id:N}");

    [Function("ClipByName")]
    public static IResult ByName(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "clips/{name:alpha}")] HttpRequest request, string name) =>
        Results.Text($"named {name}");

    [Function("Values")]
    public static IResult Values(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "values/{number}/{flag}/{colour}/{at}/{rest?}")] HttpRequest request,
        int number,
        bool flag,
        Colour colour,
        DateTimeOffset at,
        string? rest,
        FunctionContext context,
        CancellationToken ct) =>
        Results.Text(
            $"{number} {flag} {colour} {at.UtcDateTime:O} {rest ?? "-"} {context.FunctionDefinition.Name} {ct.CanBeCanceled} "
                + $"{context.BindingContext.BindingData["number"]}");

    [Function("Created")]
    public static async Task<IActionResult> Created(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "clips")] HttpRequest request, [Body] Clip clip, CancellationToken ct)
    {
        await Task.Yield();
        ct.ThrowIfCancellationRequested();
        return new ObjectResult(clip with { Seconds = clip.Seconds + 1 }) { StatusCode = StatusCodes.Status201Created };
    }

    [Function("Nothing")]
    public static void Nothing([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "nothing")] HttpRequest request) =>
        request.HttpContext.Response.Headers["X-Touched"] = "yes";

    [Function("Text")]
    public static string Text([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "text")] HttpRequest request) => "plain";

    [Function("Poco")]
    public static Task<Clip> Poco([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "poco")] HttpRequest request) =>
        Task.FromResult(new Clip("made", 3));

    [Function("Throws")]
    public static IResult Throws([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "throws")] HttpRequest request)
    {
        request.HttpContext.Response.Headers["X-Half"] = "done";
        throw new InvalidDataException("secret detail");
    }

    [Function("Eats")]
    public static async Task<IResult> Eats([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "eats")] HttpRequest request)
    {
        var bytes = 0L;
        var buffer = new byte[81920];
        int read;
        while ((read = await request.Body.ReadAsync(buffer)) > 0)
        {
            bytes += read;
        }

        return Results.Text($"{bytes}");
    }
}

/// <summary>Shows that a class is made per invocation, in the invocation's scope, and disposed of after it.</summary>
public sealed class ScopedSamples(ScopedSamples.Marker marker, ScopedSamples.Count count) : IDisposable
{
    [Function("Scoped")]
    public IResult Scoped(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "scoped")] HttpRequest request, FunctionContext context)
    {
        var same = ReferenceEquals(marker, request.HttpContext.RequestServices.GetRequiredService<Marker>())
            && ReferenceEquals(marker, context.InstanceServices.GetRequiredService<Marker>());
        return Results.Text($"{same} made {count.Made} disposed {count.Disposed}");
    }

    public void Dispose() => count.Disposed++;

    public sealed class Count
    {
        public int Made { get; set; }

        public int Disposed { get; set; }
    }

    public sealed class Marker
    {
        public Marker(Count count)
        {
            ArgumentNullException.ThrowIfNull(count);
            count.Made++;
        }
    }
}
