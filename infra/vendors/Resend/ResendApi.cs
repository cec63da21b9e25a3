using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Resend;

/// <summary>
/// The sending API. Checks in Resend's order: user agent (at the edge), key, rate, idempotency key, then the message itself.
/// </summary>
internal sealed class ResendApi(
    VendorHost host, LocalResendOptions options, ResendStore store, ResendPost post, (string Id, string CreatedAt) domain)
{
    private static readonly TimeSpan KeyLife = TimeSpan.FromHours(24);

    public static JsonNode Error(int status, string message) => Error(
        status,
        status switch
        {
            404 => "not_found",
            405 => "method_not_allowed",
            429 => "rate_limit_exceeded",
            >= 500 => "internal_server_error",
            _ => "validation_error",
        }, message);

    public void Map(WebApplication app)
    {
        Map(app, "POST", "/emails", context => AcceptAsync(context, SendOne));
        Map(
            app, "POST", "/emails/batch", context =>
                AcceptAsync(context, body => SendMany(body, context.Request.Headers["x-batch-validation"] == "permissive")));
        Map(app, "GET", "/emails", ListAsync);
        Map(app, "GET", "/emails/{id}", GetAsync);
        Map(app, "GET", "/domains", _ => Task.FromResult(List([Domain()], more: false)));
        Map(app, "PATCH", "/emails/{id}", RescheduleAsync);
        Map(app, "POST", "/emails/{id}/cancel", CancelAsync);
    }

    public static string Time(DateTime at) => at.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "+00:00";

    private static VendorReply Refuse(int status, string name, string message) => new(status, Error(status, name, message));

    private static JsonObject Error(int status, string name, string message) =>
        new() { ["statusCode"] = status, ["name"] = name, ["message"] = message };

    private void Map(WebApplication app, string method, string pattern, Func<HttpContext, Task<VendorReply>> handle) =>
        app.MapMethods(pattern, [method], async (HttpContext context) =>
    {
        // Not Resend but the network in front of it refuses this, in its own words.
        if (string.IsNullOrWhiteSpace(context.Request.Headers.UserAgent))
        {
            context.Response.StatusCode = 403;
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync("error code: 1010", context.RequestAborted);
            return;
        }
        var reply = KeyProblem(context) ?? await LimitAsync(context) ?? await handle(context);
        await reply.WriteAsync(context);
    });

    private VendorReply? KeyProblem(HttpContext context)
    {
        string header = context.Request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer", StringComparison.OrdinalIgnoreCase) ? header["Bearer".Length..].Trim() : "";
        if (token.Length == 0)
        {
            return Refuse(401, "missing_api_key", "Missing API key in the authorization header.");
        }
        return CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.UTF8.GetBytes(options.ApiKey)))
            ? null
            // Not as its list of errors says, but as it answers: 401 where mail is sent, 400 elsewhere.
            : Refuse(HttpMethods.IsPost(context.Request.Method) ? 401 : 400, "validation_error", "API key is invalid");
    }

    private async Task<VendorReply?> LimitAsync(HttpContext context)
    {
        var rate = options.RequestsPerSecond;
        if (rate <= 0)
        {
            return null;
        }
        var (taken, remaining, retryAfter) = await host.Limits.TakeAsync("team", rate, rate, context.RequestAborted);
        var headers = context.Response.Headers;
        headers["ratelimit-limit"] = rate.ToString(CultureInfo.InvariantCulture);
        headers["ratelimit-remaining"] = remaining.ToString(CultureInfo.InvariantCulture);
        headers["ratelimit-reset"] = "1";
        headers["ratelimit-policy"] = string.Create(CultureInfo.InvariantCulture, $"{rate};w=1");
        if (taken)
        {
            return null;
        }
        headers.RetryAfter = Math.Ceiling(retryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Refuse(
            429, "rate_limit_exceeded",
            $"Too many requests. You can only make {rate} requests per second. See rate limit response headers for more information.");
    }

    /// <summary>
    /// Runs a send under its idempotency key. The key's lock, its answer and the messages share one transaction: two requests at once
    /// with the same key cannot both send, and a crash keeps neither the messages nor the key. Refused messages use no key up.
    /// </summary>
    private async Task<VendorReply> AcceptAsync(
        HttpContext context, Func<JsonNode?, (
            VendorReply? Refused, IReadOnlyList<JsonObject> Messages, Func<IReadOnlyList<Guid>, JsonObject> Answer)> read)
    {
        string? key = context.Request.Headers.TryGetValue("Idempotency-Key", out var given) ? given.ToString() : null;
        if (key is not null && key.Length is 0 or > 256)
        {
            return Refuse(400, "invalid_idempotency_key", "The idempotency key must be between 1-256 characters.");
        }
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        var (readable, body) = JsonBody.Parse(bytes.ToArray());
        if (!readable)
        {
            return Refuse(400, "validation_error", "The request body is not valid JSON.");
        }
        byte[] payload = SHA256.HashData([.. Encoding.UTF8.GetBytes(context.Request.Path), 0, .. bytes.ToArray()]);
        return await host.TransactAsync(async (connection, transaction) =>
        {
            if (key is not null && await RepeatAsync(connection, transaction, key, payload) is { } repeated)
            {
                return repeated;
            }
            var (refused, messages, answer) = read(body);
            if (refused is not null)
            {
                return refused;
            }
            var ids = new List<Guid>();
            foreach (var message in messages)
            {
                ids.Add(await post.AcceptAsync(connection, transaction, message));
            }
            var json = answer(ids);
            if (key is not null)
            {
                await ResendStore.KeepAnswerAsync(connection, transaction, key, payload, VendorReply.Text(json), host.Now);
            }
            return new VendorReply(200, json);
        }, context.RequestAborted);
    }

    private async Task<VendorReply?> RepeatAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string key, byte[] payload)
    {
        if (!await ResendStore.TryLockKeyAsync(connection, transaction, key))
        {
            return Refuse(409, "concurrent_idempotent_requests", "Same idempotency key used while original request is still in progress.");
        }
        if (await ResendStore.AnsweredAsync(connection, transaction, key, host.Now - KeyLife) is not { } answered)
        {
            return null;
        }
        return answered.Payload.AsSpan().SequenceEqual(payload)
            ? new VendorReply(200, JsonNode.Parse(answered.Answer))
            : Refuse(409, "invalid_idempotent_request", "Same idempotency key used with a different request payload.");
    }

    private static (
        VendorReply? Refused, IReadOnlyList<JsonObject> Messages, Func<IReadOnlyList<Guid>, JsonObject> Answer) SendOne(JsonNode? body) =>
        ResendMessage.Problem(body) is { } problem
            ? (Refuse(422, problem.Name, problem.Message), [], _ => [])
            : (null, [body!.AsObject()], ids => new JsonObject { ["id"] = ids[0].ToString() });

    private static (
        VendorReply? Refused, IReadOnlyList<JsonObject> Messages, Func<IReadOnlyList<Guid>, JsonObject> Answer) SendMany(
            JsonNode? body, bool permissive)
    {
        if (body is not JsonArray { Count: > 0 and <= 100 } list)
        {
            return (Refuse(422, "validation_error", "A batch takes 1 to 100 emails."), [], _ => []);
        }
        var problems = list.Select(
            (message, index) => (index, problem: ResendMessage.Problem(message))).Where(one => one.problem is not null).ToList();
        if (problems.Count > 0 && !permissive)
        {
            return (Refuse(422, problems[0].problem!.Value.Name, problems[0].problem!.Value.Message), [], _ => []);
        }
        var bad = problems.Select(one => one.index).ToHashSet();
        var messages = list.Where((_, index) => !bad.Contains(index)).Select(message => message!.AsObject()).ToList();
        return (null, messages, ids =>
        {
            var answer = new JsonObject { ["data"] = new JsonArray([.. ids.Select(id => new JsonObject { ["id"] = id.ToString() })]) };
            if (permissive)
            {
                answer["errors"] = new JsonArray(
                    [.. problems.Select(one => new JsonObject { ["index"] = one.index, ["message"] = one.problem!.Value.Message })]);
            }
            return answer;
        }
        );
    }

    private async Task<VendorReply> GetAsync(HttpContext context)
    {
        if (!Guid.TryParse(context.Route("id"), out var id) || await store.FindAsync(id, context.RequestAborted) is not { } row)
        {
            return Refuse(404, "not_found", "Email not found");
        }
        var (email, message) = (Email(row), row.MessageObject());
        email["html"] = message["html"]?.DeepClone();
        email["text"] = message["text"]?.DeepClone();
        return new VendorReply(200, email);
    }

    /// <summary>The newest first; <c>after</c> and <c>before</c> are ids.</summary>
    private async Task<VendorReply> ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = 20;
        if (query["limit"].Count > 0
            && (!int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > 100))
        {
            return Refuse(422, "validation_error", "The `limit` must be between 1 and 100.");
        }

        var (after, before) = (query["after"].ToString(), query["before"].ToString());
        var rows = await store.ListAsync(context.RequestAborted);
        if (after.Length > 0)
        {
            rows = [.. rows.SkipWhile(row => row.Id.ToString() != after).Skip(1)];
        }
        else if (before.Length > 0)
        {
            rows = [.. rows.TakeWhile(row => row.Id.ToString() != before).TakeLast(limit)];
        }

        return List(rows.Take(limit).Select(Email), more: rows.Count > limit);
    }

    private static VendorReply List(IEnumerable<JsonObject> data, bool more) => new(200, new JsonObject
    {
        ["object"] = "list",
        ["has_more"] = more,
        ["data"] = new JsonArray([.. data]),
    });

    private static JsonObject Email(EmailRow row)
    {
        var message = row.MessageObject();
        JsonArray People(string name) => new([.. (ResendMessage.People(message[name]) ?? []).Select(one => (JsonNode)one)]);
        return new JsonObject
        {
            ["object"] = "email",
            ["id"] = row.Id.ToString(),
            ["to"] = People("to"),
            ["from"] = row.Sender,
            ["created_at"] = Time(row.CreatedAt),
            ["subject"] = row.Subject,
            ["bcc"] = People("bcc"),
            ["cc"] = People("cc"),
            ["reply_to"] = People("reply_to"),
            ["last_event"] = row.LastEvent,
            ["scheduled_at"] = row.ScheduledAt?.ToString("O", CultureInfo.InvariantCulture),
        };
    }

    private JsonObject Domain() => new()
    {
        ["id"] = domain.Id,
        ["name"] = options.Domain,
        ["status"] = "verified",
        ["created_at"] = domain.CreatedAt,
        ["region"] = "us-east-1",
    };

    private async Task<VendorReply> RescheduleAsync(HttpContext context)
    {
        var (readable, body) = await JsonBody.ReadAsync(context);
        if (!readable || body is not JsonObject fields || ResendMessage.ScheduledAt(fields) is not { } at)
        {
            return Refuse(422, "invalid_parameter", "The `scheduled_at` field must be an ISO 8601 time.");
        }
        return await ChangeAsync(context, async (connection, transaction, id) =>
        {
            await ResendStore.RescheduleAsync(connection, transaction, id, at);
            // Earlier than planned needs a row of its own; the later one then finds nothing to do.
            await host.Work.ScheduleAsync(connection, transaction, "send", id.ToString(), at);
        });
    }

    private Task<VendorReply> CancelAsync(HttpContext context) => ChangeAsync(context, async (connection, transaction, id) =>
        await ResendStore.MoveAsync(connection, transaction, id, "scheduled", "canceled"));

    private Task<VendorReply> ChangeAsync(HttpContext context, Func<NpgsqlConnection, NpgsqlTransaction, Guid, Task> change) =>
        host.TransactAsync(async (connection, transaction) =>
        {
            if (!Guid.TryParse(context.Route("id"), out var id) || await ResendStore.FindAsync(connection, transaction, id) is not { } row)
            {
                return Refuse(404, "not_found", "Email not found");
            }
            if (row.LastEvent != "scheduled")
            {
                return Refuse(422, "validation_error", "Only a scheduled email can be changed.");
            }
            await change(connection, transaction, id);
            return new VendorReply(200, new JsonObject { ["object"] = "email", ["id"] = id.ToString() });
        }, context.RequestAborted);
}
