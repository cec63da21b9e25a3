using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Portal.Runtime.Http;

/// <summary>The part of the host's admin API that people use on a laptop: list, status, run a timer now.</summary>
internal sealed class AdminRoutes(FunctionIndex index, FunctionKeys keys, Action<FunctionEntry> runInBackground, TimeProvider clock)
{
    private readonly long startedAt = clock.GetTimestamp();

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/admin/host/ping", ["GET", "POST"], _ => Task.CompletedTask);
        endpoints.MapMethods("/admin/host/status", ["GET"], Guarded(StatusAsync));
        endpoints.MapMethods("/admin/functions", ["GET"], Guarded(ListAsync));
        endpoints.MapMethods("/admin/functions/{name}", ["GET"], Guarded(ShowAsync));
        endpoints.MapMethods("/admin/functions/{name}", ["POST"], Guarded(RunAsync));
    }

    private RequestDelegate Guarded(RequestDelegate route) => http =>
    {
        if (keys.AllowsAdmin(http))
        {
            return route(http);
        }

        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    };

    private Task StatusAsync(HttpContext http) => http.Response.WriteAsJsonAsync(
        new
        {
            id = Environment.MachineName.ToLowerInvariant(),
            state = "Running",
            version = typeof(AdminRoutes).Assembly.GetName().Version?.ToString(),
            processUptime = (long)clock.GetElapsedTime(startedAt).TotalMilliseconds,
            functionCount = index.All.Count(),
        },
        http.RequestAborted);

    private Task ListAsync(HttpContext http) => http.Response.WriteAsJsonAsync(
        index.All.OrderBy(function => function.Name, StringComparer.Ordinal).Select(function => Describe(http, function)),
        http.RequestAborted);

    private Task ShowAsync(HttpContext http)
    {
        if (Named(http) is { } function)
        {
            return http.Response.WriteAsJsonAsync(Describe(http, function), http.RequestAborted);
        }

        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    // The host answers at once and runs behind. `input` is what a queue message would be; a timer has no use for it.
    private async Task RunAsync(HttpContext http)
    {
        if (Named(http) is not { } function)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (function.Trigger != TriggerKind.Timer)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            await http.Response.WriteAsync(
                $"{function.Name} is no timer; call its route, or start its orchestration.", http.RequestAborted);
            return;
        }

        if (!await HasUsableBodyAsync(http))
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        runInBackground(function);
        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static async Task<bool> HasUsableBodyAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        if (string.IsNullOrWhiteSpace(body))
        {
            return true;
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private FunctionEntry? Named(HttpContext http) => index.Find((string)http.Request.RouteValues["name"]!);

    private static object Describe(HttpContext http, FunctionEntry function) => new
    {
        name = function.Name,
        language = "dotnet-isolated",
        entry_point = function.Definition.EntryPoint,
        invoke_url_template = function.Http is { } face ? $"{http.Request.Scheme}://{http.Request.Host}/{face.Template}" : null,
        config = new
        {
            bindings = function.Definition.InputBindings.Values.Select(binding => new
            {
                name = binding.Name,
                type = binding.Type,
                direction = "in",
                authLevel = function.Http?.Level.ToString().ToLowerInvariant(),
                methods = function.Http?.Methods.Select(method => method.ToLowerInvariant()),
                route = function.Http?.Template,
                schedule = function.Timer?.Schedule.ToString(),
            }),
        },
        isDisabled = false,
    };
}
