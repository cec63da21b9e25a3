using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Primitives;

namespace Portal.Runtime.Durable;

/// <summary>
/// Durable's own management routes under <c>/runtime/webhooks/durabletask</c>, with its codes, headers and JSON. They see every instance
/// of every tenant: for on-call and tools, behind the system key, never for users.
/// </summary>
public static class DurableManagementRoutes
{
    private const string Continuation = "x-ms-continuation-token";
    private const int DefaultTop = 100;
    private const int MaxTop = 1000;

    /// <param name="endpoints">Where to map.</param>
    /// <param name="engine">The engine they speak to.</param>
    /// <param name="isAuthorized">Checks the system key (query <c>code</c> or header); a request without it is answered 401.</param>
    public static void Map(IEndpointRouteBuilder endpoints, DurableEngine engine, Func<HttpContext, bool> isAuthorized)
    {
        ArgumentNullException.ThrowIfNull(engine);
        Map(endpoints, new EngineManagement(engine), isAuthorized);
    }

    /// <inheritdoc cref="Map(IEndpointRouteBuilder, DurableEngine, Func{HttpContext, bool})"/>
    internal static void Map(IEndpointRouteBuilder endpoints, IInstanceManagement engine, Func<HttpContext, bool> isAuthorized)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(isAuthorized);
        var routes = new Handlers(engine);
        void On(string verb, string path, Func<HttpContext, Task<IResult>> handle) =>
            endpoints.MapMethods(ManagementJson.Base + path, [verb], async context =>
            await (
                isAuthorized(context)
                    ? await handle(context)
                    : Results.StatusCode(StatusCodes.Status401Unauthorized)).ExecuteAsync(context));

        On("GET", "/instances", routes.ListAsync);
        On("DELETE", "/instances", routes.PurgeManyAsync);
        On("GET", "/instances/{id}", routes.GetAsync);
        On("DELETE", "/instances/{id}", routes.PurgeAsync);
        On("POST", "/instances/{id}/raiseEvent/{eventName}", routes.RaiseEventAsync);
        On("POST", "/instances/{id}/terminate", context => routes.ChangeAsync(context, engine.TerminateAsync));
        On("POST", "/instances/{id}/suspend", context => routes.ChangeAsync(context, engine.SuspendAsync));
        On("POST", "/instances/{id}/resume", context => routes.ChangeAsync(context, engine.ResumeAsync));
        On("POST", "/instances/{id}/rewind", routes.RewindAsync);
        On("POST", "/instances/{id}/restart", routes.RestartAsync);
        On("POST", "/orchestrators/{name}/{id?}", routes.StartAsync);
    }

    private sealed class Handlers(IInstanceManagement engine)
    {
        public async Task<IResult> ListAsync(HttpContext context)
        {
            var query = context.Request.Query;
            if (!TryFilter(query, out var filter))
            {
                return Results.BadRequest("A query parameter cannot be read.");
            }

            var top = int.TryParse(query["top"], CultureInfo.InvariantCulture, out var given) && given > 0
                ? Math.Min(given, MaxTop)
                : DefaultTop;
            var (views, next) = await engine.ListAsync(
                filter with { Limit = top }, context.Request.Headers[Continuation], context.RequestAborted);
            if (next is not null)
            {
                context.Response.Headers[Continuation] = next;
            }

            return Json(new JsonArray([.. views.Select(view => ManagementJson.Instance(view, Flag(query, "showInput", true), null))]));
        }

        public async Task<IResult> GetAsync(HttpContext context)
        {
            var query = context.Request.Query;
            if (await FindAsync(context) is not { } view)
            {
                return Results.NotFound();
            }

            var showInput = Flag(query, "showInput", true);
            var history = Flag(query, "showHistory", false)
                ? await engine.HistoryAsync(view, showInput, Flag(query, "showHistoryOutput", false), context.RequestAborted)
                : null;
            var code = !view.IsOver ? StatusCodes.Status202Accepted
                : view.Status == OrchestrationRuntimeStatus.Failed && Flag(query, "returnInternalServerErrorOnFailure", false)
                    ? StatusCodes.Status500InternalServerError
                    : StatusCodes.Status200OK;
            if (!view.IsOver)
            {
                Announce(context, view.Id);
            }

            return Json(ManagementJson.Instance(view, showInput, history), code);
        }

        public async Task<IResult> PurgeAsync(HttpContext context)
        {
            var purged = await engine.PurgeAsync(Id(context), context.RequestAborted);
            return purged == 0 ? Results.NotFound() : Json(new JsonObject { ["instancesDeleted"] = purged });
        }

        public async Task<IResult> PurgeManyAsync(HttpContext context)
        {
            if (!TryFilter(context.Request.Query, out var filter) || filter.CreatedFrom is null)
            {
                return Results.BadRequest("Please provide value for 'createdTimeFrom' parameter.");
            }

            var purged = await engine.PurgeAllAsync(filter with { IdPrefix = null }, context.RequestAborted);
            return purged == 0 ? Results.NotFound() : Json(new JsonObject { ["instancesDeleted"] = purged });
        }

        public async Task<IResult> RaiseEventAsync(HttpContext context)
        {
            if (!context.Request.HasJsonContentType())
            {
                return Results.BadRequest("Only application/json request content is supported");
            }

            if (await ReadJsonAsync(context) is not { Readable: true } body)
            {
                return Results.BadRequest("The request content is not valid "
                + "JSON.");
            }

            var name = (string)context.Request.RouteValues["eventName"]!;
            return await ChangeAsync(context, (id, _, ct) => engine.RaiseEventAsync(id, name, body.Text, ct));
        }

        /// <summary>202; 404 for an unknown instance, 410 for a finished one.</summary>
        public async Task<IResult> ChangeAsync(HttpContext context, Func<string, string?, CancellationToken, Task<bool>> change)
        {
            if (await change(Id(context), context.Request.Query["reason"],
                context.RequestAborted))
            {
                return Results.StatusCode(StatusCodes.Status202Accepted);
            }

            return await FindAsync(context) is null ? Results.NotFound() : Results.StatusCode(StatusCodes.Status410Gone);
        }

        public async Task<IResult> RewindAsync(HttpContext context)
        {
            if (await FindAsync(context) is not { } view)
            {
                return Results.NotFound();
            }

            if (!view.IsOver)
            {
                return Results.BadRequest("The rewind operation is only supported on failed orchestration instances.");
            }

            var rewound = await engine.RewindAsync(view.Id, context.Request.Query["reason"], context.RequestAborted);
            return Results.StatusCode(rewound ? StatusCodes.Status202Accepted : StatusCodes.Status410Gone);
        }

        public async Task<IResult> RestartAsync(HttpContext context)
        {
            try
            {
                var id = await engine.RestartAsync(
                    Id(context), Flag(context.Request.Query, "restartWithNewInstanceId", true), context.RequestAborted);
                return id is null
                    ? Results.BadRequest($"An orchestrator with the instanceId {Id(context)} was not found.")
                    : Accepted(context, id);
            }
            catch (InvalidOperationException exception)
            {
                return Results.BadRequest(exception.Message);
            }
        }

        public async Task<IResult> StartAsync(HttpContext context)
        {
            if (await ReadJsonAsync(context) is not { Readable: true } body)
            {
                return Results.BadRequest("The request content is not valid "
                + "JSON.");
            }

            var id = Id(context) is { Length: > 0 } given ? given : Guid.NewGuid().ToString("N");
            try
            {
                if (!await engine.StartAsync((string)context.Request.RouteValues["name"]!, id, body.Text, context.RequestAborted))
                {
                    return Results.Conflict($"An instance with id '{id}' already exists and is running.");
                }
            }
            catch (ArgumentException exception)
            {
                return Results.BadRequest(exception.Message);
            }

            if (!double.TryParse(context.Request.Query["timeout"], CultureInfo.InvariantCulture, out var seconds))
            {
                return Accepted(context,
                id);
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            limit.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 230)));
            try
            {
                var done = await engine.WaitAsync(id, limit.Token);
                return Json(
                    HistoryShape.Payload(done.Output), done.Status == OrchestrationRuntimeStatus.Failed
                        ? StatusCodes.Status500InternalServerError
                        : StatusCodes.Status200OK);
            }
            catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
            {
                return Accepted(context, id);
            }
        }

        private Task<InstanceSnapshot?> FindAsync(HttpContext context) => engine.FindAsync(Id(context), context.RequestAborted);

        private IResult Accepted(HttpContext context, string id) => Json(Announce(context, id), StatusCodes.Status202Accepted);

        private JsonObject Announce(HttpContext context, string id)
        {
            var links = ManagementJson.Links(context.Request, engine.HubName, id);
            context.Response.Headers.Location = (string?)links["statusQueryGetUri"];
            context.Response.Headers.RetryAfter = "10";
            return links;
        }

        private static string Id(HttpContext context) => (string?)context.Request.RouteValues["id"] ?? string.Empty;

        private static IResult Json(JsonNode? body, int code = StatusCodes.Status200OK) =>
            Results.Text(body?.ToJsonString() ?? "null", "application/json", statusCode: code);

        private static bool Flag(IQueryCollection query, string name, bool otherwise) =>
            bool.TryParse(query[name], out var given) ? given : otherwise;

        private static async Task<(bool Readable, string? Text)> ReadJsonAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var text = await reader.ReadToEndAsync(context.RequestAborted);
            if (string.IsNullOrWhiteSpace(text))
            {
                return (true, null);
            }

            try
            {
                using var document = JsonDocument.Parse(text);
                return (true, text);
            }
            catch (JsonException)
            {
                return (false, null);
            }
        }

        private static bool TryFilter(IQueryCollection query, out InstanceFilter filter)
        {
            filter = new() { IdPrefix = query["instanceIdPrefix"] is [{ Length: > 0 } prefix] ? prefix : null };
            if (!TryTime(query["createdTimeFrom"], out var from) || !TryTime(query["createdTimeTo"], out var to))
            {
                return false;
            }

            filter = filter with { CreatedFrom = from, CreatedTo = to };
            if (query["runtimeStatus"] is not [{ Length: > 0 } list])
            {
                return true;
            }

            var statuses = new List<OrchestrationRuntimeStatus>();
            foreach (var name in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status))
                {
                    return false;
                }

                statuses.Add(status);
            }

            filter = filter with { Statuses = statuses };
            return true;
        }

        private static bool TryTime(StringValues value, out DateTimeOffset? time)
        {
            time = null;
            if (value is not [{ Length: > 0 } text])
            {
                return true;
            }

            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed))
            {
                return false;
            }

            time = parsed;
            return true;
        }
    }
}
