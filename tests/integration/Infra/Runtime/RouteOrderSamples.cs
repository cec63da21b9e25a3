using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>Routes that overlap and yet all can be reached.</summary>
public static class RouteOrderSamples
{
    [Function("a_first")]
    public static IResult First(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "pairs/{left}/b")] HttpRequest request, string left) =>
        Results.Text($"first {left}");

    // ASP.NET's endpoints would ask this one first: its literal comes earlier.
    [Function("B_second")]
    public static IResult Second(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "pairs/a/{right}")] HttpRequest request, string right) =>
        Results.Text($"second {right}");

    [Function("ThingById")]
    public static IResult ById(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/{id:guid}")] HttpRequest request, Guid id) =>
        Results.Text($"{id:N}");

    [Function("ThingDelete")]
    public static IResult Delete(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "things/{key}")] HttpRequest request, string key) =>
        Results.Text($"deleted {key}");

    [Function("ThingSearch")]
    public static IResult Search([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/search")] HttpRequest request) =>
        Results.Text("search");

    [Function("ThingTail")]
    public static IResult Tail(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/{key:length(3)}/{tail?}")] HttpRequest request,
        string key, string? tail) =>
        Results.Text($"{key} {tail ?? "-"}");

    [Function("ZzRest")]
    public static IResult Rest([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{*rest}")] HttpRequest request, string? rest) =>
        Results.Text($"rest {rest}");
}

/// <summary>Five functions that the host would never call, each for another reason.</summary>
public static class HiddenSamples
{
    [Function("All")]
    public static IResult All(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "all/{*path}")] HttpRequest request, string path) =>
        Results.Text(path);

    [Function("Below")]
    public static IResult Below(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "all/of/{them:guid}")] HttpRequest request, Guid them) =>
        Results.Text($"{them}");

    [Function("NodeById")]
    public static IResult ById([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "nodes/{id}")] HttpRequest request, string id) =>
        Results.Text(id);

    [Function("NodeByNumber")]
    public static IResult ByNumber(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "nodes/{number:int}")] HttpRequest request, int number) =>
        Results.Text($"{number}");

    [Function("NodeSearch")]
    public static IResult Search([HttpTrigger(AuthorizationLevel.Anonymous, Route = "Nodes/Search")] HttpRequest request) =>
        Results.Text("search");

    [Function("NodeTail")]
    public static IResult Tail(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "nodes/{id}/{tail?}")] HttpRequest request, string id, string? tail) =>
        Results.Text($"{id}{tail}");

    [Function("Word")]
    public static IResult Word(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "words/{word:alpha}")] HttpRequest request, string word) =>
        Results.Text(word);

    [Function("WordList")]
    public static IResult WordList([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "words/list")] HttpRequest request) =>
        Results.Text("list");
}

/// <summary>What functions see of the caller.</summary>
public static class CallerSamples
{
    [Function("Caller")]
    public static IResult Caller([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var left = request.Headers.Where(header => header.Key.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase));
        var caller = $"{request.HttpContext.Connection.RemoteIpAddress} {request.Scheme} {request.Host.Host} [{request.PathBase}]";
        return Results.Text($"{caller} [{string.Join(' ', left.Select(header => $"{header.Key}={header.Value}"))}]");
    }
}
