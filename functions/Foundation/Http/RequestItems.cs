using Microsoft.AspNetCore.Http;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;

namespace Portal.Functions.Foundation.Http;

/// <summary>What middleware has found out about a request, for functions to take.</summary>
public static class RequestItems
{
    private const string RequestIdKey = "portal.requestId";
    private const string MemberKey = "portal.member";

    public static string RequestId(this HttpContext context) => context.Items[RequestIdKey] as string ?? context.TraceIdentifier;

    /// <summary>The signed-in person. Only functions whose action needs a role may ask; middleware let nobody else through.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Items[typeof(Caller)] as Caller
            ?? throw new InvalidOperationException("This function's action lets callers in without a role.");

    /// <summary>The active member of a tenant behind the session, known even when their role is then refused; null when there is
    /// none.</summary>
    public static Caller? Member(this HttpContext context) => context.Items[MemberKey] as Caller;

    /// <inheritdoc cref="Caller"/>
    public static Operator Operator(this HttpContext context) =>
        context.Items[typeof(Operator)] as Operator
            ?? throw new InvalidOperationException("This function's action is not one of Operators.");

    /// <summary>The signed-in person of an organization that may not have a tenant yet.</summary>
    public static UnprovisionedUser UnprovisionedUser(this HttpContext context) =>
        context.Items[typeof(UnprovisionedUser)] as UnprovisionedUser
            ?? throw new InvalidOperationException("This function's action is not one of people without a tenant.");

    /// <summary>Where the request came from, hashed.</summary>
    public static Requester Requester(this HttpContext context, RequesterHash hash)
    {
        var headers = context.Request.Headers;
        var told = hash.AddressHeader is { } name ? headers[name].ToString() : null;
        return hash.Of(context.Connection.RemoteIpAddress, told, headers.UserAgent, context.RequestId());
    }

    /// <summary>Its place among those that run at once.</summary>
    public static RequestPlace Place(this HttpContext context) => (RequestPlace)context.Items[typeof(RequestPlace)]!;

    internal static void Set(this HttpContext context, RequestPlace place) => context.Items[typeof(RequestPlace)] = place;

    internal static void SetRequestId(this HttpContext context, string id) => context.Items[RequestIdKey] = id;

    internal static void SetMember(this HttpContext context, Caller member) => context.Items[MemberKey] = member;

    internal static void Set(this HttpContext context, Caller caller) => context.Items[typeof(Caller)] = caller;

    internal static void Set(this HttpContext context, Operator person) => context.Items[typeof(Operator)] = person;

    internal static void Set(this HttpContext context, UnprovisionedUser person) => context.Items[typeof(UnprovisionedUser)] = person;
}
