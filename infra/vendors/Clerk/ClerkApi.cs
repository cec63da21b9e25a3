using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>What Backend API calls share (key, limits, errors), JWKS, users.</summary>
internal sealed class ClerkApi(
    VendorHost host, LocalClerkOptions options, LocalClerkKeys keys, ClerkPeople people, ClerkChanges changes)
{
    public static JsonNode Error(int status, string message) => Error(
        status switch
        {
            400 => "request_body_invalid",
            401 => "authentication_invalid",
            404 => "resource_not_found",
            413 => "request_too_large",
            429 => "too_many_requests",
            _ => "internal_clerk_error",
        }, message, null);

    public static VendorReply Refuse(int status, string code, string message, string? parameter = null) =>
        new(status, Error(code, message, parameter));

    public static VendorReply NotFound { get; } = Refuse(404, "resource_not_found", "not found");

    public void Map(WebApplication app)
    {
        app.Json("GET", "/.well-known/jwks.json", async context => new VendorReply(200, await keys.JwksAsync(context.RequestAborted)));
        Map(app, "GET", "/v1/jwks", async context => new VendorReply(200, await keys.JwksAsync(context.RequestAborted)));
        Map(app, "GET", "/v1/users/count", async context => new VendorReply(
            200, new JsonObject { ["object"] = "total_count", ["total_count"] = (await FoundAsync(context)).Count }));
        Map(app, "GET", "/v1/users/{id}", async context =>
            await people.ByIdAsync(context.Route("id"), context.RequestAborted) is { } person
                ? new VendorReply(200, ClerkPeople.User(person))
                : NotFound);
        Map(app, "GET", "/v1/users/{id}/organization_memberships", ListMembershipsAsync);
        Map(app, "GET", "/v1/users", ListUsersAsync);
        Map(app, "DELETE", "/v1/users/{id}", DeleteUserAsync);
        Map(app, "GET", "/v1/organizations/{org}/memberships", ListMembersAsync);
        Map(app, "DELETE", "/v1/organizations/{org}/memberships/{user}", DeleteMembershipAsync);
        Map(app, "DELETE", "/v1/organizations/{org}", DeleteOrganizationAsync);
    }

    public void Map(WebApplication app, string method, string pattern, Func<HttpContext, Task<VendorReply>> handle) =>
        app.Json(method, pattern, async context =>
    {
        if (!Authorised(context))
        {
            return Refuse(401, "authentication_invalid", "Invalid authentication");
        }
        return await LimitAsync(context, "api", 100, 1000) ?? await handle(context);
    });

    /// <summary>Null when the call may pass; else 429 with <c>Retry-After</c> in whole seconds.</summary>
    public async Task<VendorReply?> LimitAsync(HttpContext context, string name, double perSecond, int burst)
    {
        if (!options.RateLimits
            || await host.Limits.TakeAsync(name, perSecond, burst, context.RequestAborted) is not { Taken: false } refused)
        {
            return null;
        }
        context.Response.Headers.RetryAfter = Math.Ceiling(refused.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Refuse(429, "too_many_requests", "Too many requests. Please try again in a bit.");
    }

    /// <summary><c>limit</c> 1 to 500 (default 10), and <c>offset</c>.</summary>
    public static (int Limit, int Offset) Paging(HttpContext context)
    {
        var query = context.Request.Query;
        return (
            int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? Math.Clamp(limit, 1, 500) : 10,
            int.TryParse(query["offset"], NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : 0);
    }

    private static JsonObject Error(string code, string message, string? parameter) => new()
    {
        ["errors"] = new JsonArray(new JsonObject
        {
            ["code"] = code,
            ["message"] = message,
            ["long_message"] = message,
            ["meta"] = parameter is null ? new JsonObject() : new JsonObject { ["param_name"] = parameter },
        }),
        ["clerk_trace_id"] = Ids.New(32).ToLowerInvariant(),
    };

    private bool Authorised(HttpContext context)
    {
        string? header = context.Request.Headers.Authorization;
        return header?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) == true
               && CryptographicOperations.FixedTimeEquals(
                   SHA256.HashData(
                       Encoding.UTF8.GetBytes(header["Bearer ".Length..].Trim())), SHA256.HashData(
                           Encoding.UTF8.GetBytes(options.SecretKey)));
    }

    private async Task<VendorReply> ListUsersAsync(HttpContext context)
    {
        var (limit, offset) = Paging(context);
        return new VendorReply(200, new JsonArray([.. (await FoundAsync(context)).Skip(offset).Take(limit).Select(ClerkPeople.User)]));
    }

    private async Task<IReadOnlyList<LocalPerson>> FoundAsync(HttpContext context)
    {
        var emails = context.Request.Query["email_address"].Concat(context.Request.Query["email_address[]"]).ToList();
        return [.. (await people.ListAsync(context.RequestAborted))
            .Where(person => emails.Count == 0 || emails.Contains(person.Email, StringComparer.OrdinalIgnoreCase))];
    }

    private async Task<VendorReply> ListMembershipsAsync(HttpContext context)
    {
        if (await people.ByIdAsync(context.Route("id"), context.RequestAborted) is not { } person)
        {
            return NotFound;
        }
        var data = person.OrganizationId is null ? new JsonArray() : new JsonArray(ClerkPeople.Membership(person));
        return new VendorReply(200, new JsonObject { ["data"] = data, ["total_count"] = data.Count });
    }

    /// <summary>Answers with the whole membership, unlike the delete of a user.</summary>
    private async Task<VendorReply> DeleteMembershipAsync(HttpContext context)
    {
        var person = await people.ByIdAsync(context.Route("user"), context.RequestAborted);
        return person is not null && person.OrganizationId == context.Route("org")
            && await changes.LeaveAsync(person.UserId, context.RequestAborted)
            ? new VendorReply(200, ClerkPeople.Membership(person))
            : NotFound;
    }

    /// <summary>An organization is there as long as somebody is a member of it: this Clerk keeps no other row of one.</summary>
    private async Task<VendorReply> ListMembersAsync(HttpContext context)
    {
        var members = (await people.ListAsync(context.RequestAborted))
            .Where(person => person.OrganizationId == context.Route("org")).ToList();
        var (limit, offset) = Paging(context);
        return members.Count == 0 ? NotFound : new VendorReply(200, new JsonObject
        {
            ["data"] = new JsonArray([.. members.Skip(offset).Take(limit).Select(ClerkPeople.Membership)]),
            ["total_count"] = members.Count,
        });
    }

    private async Task<VendorReply> DeleteOrganizationAsync(HttpContext context) =>
        await changes.DeleteOrganizationAsync(context.Route("org"), context.RequestAborted) is { } gone
            ? new VendorReply(200, gone)
            : NotFound;

    private async Task<VendorReply> DeleteUserAsync(HttpContext context) =>
        await changes.DeleteAsync(context.Route("id"), context.RequestAborted) is { } gone ? new VendorReply(200, gone) : NotFound;
}
