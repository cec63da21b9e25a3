using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Audit;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;
using Portal.People;
using Portal.Vendors.Clerk;

namespace Portal.Functions.People;

/// <summary>
/// Lets a request through to a function, or answers it: verifies the Clerk session, finds the person in the organization's tenant,
/// and asks the permissions table. A role comes from our row, never from the token.
/// </summary>
public sealed partial class CallerMiddleware(
    ClerkSessions sessions, CallerStore callers, ProvisionUser enrol, FailedAttempts failed,
    RequesterHash hash, ILogger<CallerMiddleware> logger)
    : IFunctionsWorkerMiddleware
{
    private const string Scheme = "Bearer ";

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext();
        var action = FunctionAttributes.Of(context.FunctionDefinition).Action;
        if (http is null || action is PortalAction.Anonymous or PortalAction.UseOpsPage)
        {
            await next(context);
            return;
        }

        if (await FindFaultAsync(http, action) is { } problem)
        {
            await problem.ExecuteAsync(http);
            return;
        }

        await next(context);
    }

    private async Task<Problem?> FindFaultAsync(HttpContext http, PortalAction action)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return Problem.Unauthenticated("Send the session token as Authorization: Bearer.");
        }

        var check = await sessions.CheckAsync(header[Scheme.Length..].Trim(), http.RequestAborted);
        if (check.Session is not { } session)
        {
            Log.Refused(logger, check.Fault!);
            return await RefuseAsync(http, check.Fault!);
        }

        var known = await callers.AdmitAsync(session.UserId, session.OrganizationId, http.RequestAborted);
        RateHeaders.Write(http.Response, known.RateLimit, known.RateRemaining, known.RateReset);
        if (!known.Admitted)
        {
            return Problem.TooMany(known.RateReset, $"At most {known.RateLimit} requests a minute.", known.RateLimit);
        }

        return action switch
        {
            _ when Permissions.IsForOperators(action) => AsOperator(http, session, known),
            PortalAction.CreateTenant => AsNewcomer(http, session, known),
            _ when IsUnknown(session, known) => await AsInvitedAsync(http, session, known, action),
            _ => AsMember(http, session, known, action),
        };
    }

    /// <summary>Somebody whom an active tenant does not know. Nobody accepts an invite for somebody else: not an impersonated
    /// session.</summary>
    private static bool IsUnknown(ClerkSession session, KnownCaller known) =>
        known is { TenantStatus: "active", UserId: null } && session.ImpersonatorId is null;

    /// <summary>The first request of an invited person enrols them, and then is served.</summary>
    private async Task<Problem?> AsInvitedAsync(HttpContext http, ClerkSession session, KnownCaller known, PortalAction action) =>
        await enrol.RunAsync(
            session.UserId, session.OrganizationId!, new TenantId(known.TenantId!.Value), id => new Actor(
                "user", id.ToString(), null, http.RequestId()), http.RequestAborted) is { } refusal
            ? refusal.Problem()
            : AsMember(http, session, await callers.AdmitAsync(session.UserId, session.OrganizationId, http.RequestAborted), action);

    /// <summary>Whether the organization has a tenant already is the function's to say.</summary>
    private static Problem? AsNewcomer(HttpContext http, ClerkSession session, KnownCaller known)
    {
        if (session.OrganizationId is not { } organization)
        {
            return Problem.Forbidden("no-organization", "Choose an organization first: a portal belongs to one.");
        }

        if (session.ImpersonatorId is not null)
        {
            return Problem.Forbidden("forbidden", "A portal is set up by its own people.");
        }

        if (!session.IsOrganizationAdmin)
        {
            return Problem.Forbidden("not-organization-admin", "A portal is set up by an admin of its organization.");
        }

        http.Set(new UnprovisionedUser(session.UserId, organization, known.TenantStatus, http.RequestId()));
        return null;
    }

    /// <summary>A session that Clerk made, only too old or too new, is no attack; one that Clerk never made is an attempt at
    /// guessing.</summary>
    private async Task<Problem> RefuseAsync(HttpContext http, string fault)
    {
        if (fault is not ("expired" or "not_yet_valid" or "pending")
            && await failed.CountAsync("session", http.Requester(hash), http.RequestAborted) is { Allowed: false } hit)
        {
            return Problem.TooMany(hit.RetryAfter, "Too many sessions that are not valid came from your address.");
        }

        return Problem.Unauthenticated(fault == "expired" ? "The session has expired." : "The session token is not valid.");
    }

    private static Problem? AsOperator(HttpContext http, ClerkSession session, KnownCaller known)
    {
        // Nobody acts for somebody else on call: an impersonated session is no Operator.
        if (!known.IsOperator || session.ImpersonatorId is not null)
        {
            return Problem.Forbidden("forbidden", "This is for Operators.");
        }

        http.Set(new Operator(session.UserId, http.RequestId()));
        return null;
    }

    private static Problem? AsMember(HttpContext http, ClerkSession session, KnownCaller known, PortalAction action)
    {
        if (known is not { TenantId: { } tenant, TenantStatus: "active" })
        {
            return Problem.Forbidden("no-tenant", "The session's organization has no portal.");
        }

        if (known is not { UserId: { } user, Role: { } role })
        {
            return Problem.Forbidden("not-enrolled", "You are not a member of this portal.");
        }

        if (known.UserStatus != "active")
        {
            return Refusal.Forbidden.Deactivated.Problem();
        }

        var caller = new Caller(new TenantId(tenant), new UserId(user), role, session.UserId, session.ImpersonatorId, http.RequestId());
        http.SetMember(caller);
        if (!Permissions.Allows(action, role))
        {
            return Problem.Forbidden("forbidden", $"Your role ({role}) does not allow this.");
        }

        http.Set(caller);
        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Session refused: {Fault}")]
        public static partial void Refused(ILogger logger, string fault);
    }
}
