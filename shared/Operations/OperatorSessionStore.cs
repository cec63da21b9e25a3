using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.People;
using Portal.Vendors.Clerk;

namespace Portal.Operations;

/// <summary>A session of the page at /ops.</summary>
/// <param name="Token">For the cookie; only its hash is kept.</param>
public sealed record OperatorSession(string Token, DateTimeOffset ExpiresAt);

/// <summary>
/// Sessions of the page at /ops. A Clerk session token is asked for once, checked as everywhere, and exchanged for a random token of
/// limited life that ends with a sign-out or with the Operator's row. Both ends are audited as acts of the platform.
/// </summary>
public sealed class OperatorSessionStore(
    PortalDb db, ClerkSessions clerk, CallerStore callers, RateLimitStore limit, AuditWriter audit, AlertStore alerts,
    IOptions<OperationsOptions> options, TimeProvider clock) : IDeletedUserSubscriber
{
    private const int TokenBytes = 32;
    private const int AttemptsPerMinute = 20;
    private const int LongestToken = 100;

    /// <summary>Refused: asked too often, or the session is none of an Operator (<c>no-operator</c>).</summary>
    public async Task<Result<OperatorSession>> SignInAsync(string clerkToken, Requester requester, CancellationToken ct)
    {
        var hit = await limit.TakeAsync($"ops:{Convert.ToHexString(requester.IpHash)}", TimeSpan.FromMinutes(1), AttemptsPerMinute, ct);
        if (!hit.Allowed)
        {
            return TooMany(hit.RetryAfter);
        }

        var check = await clerk.CheckAsync(clerkToken, ct);
        if (check.Session is not { } session)
        {
            return NoOperator(
                check.Fault == "expired"
                    ? "That token has expired. They live for about a minute: fetch a new one."
                    : "That is no valid session token.");
        }

        var known = await callers.AdmitAsync(session.UserId, session.OrganizationId, ct);
        if (!known.Admitted)
        {
            return TooMany(known.RateReset);
        }

        // Nobody acts for somebody else on call: an impersonated session is no Operator.
        if (!known.IsOperator || session.ImpersonatorId is not null)
        {
            return NoOperator("This page is for Operators, and that session is none of one.");
        }

        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var now = clock.GetUtcNow();
        var expires = now + options.Value.SessionLifetime;
        await db.AcrossTenantsAsync(async tx =>
        {
            var id = Guid.CreateVersion7(now);
            await tx.ExecuteAsync("""
                insert into portal.operator_sessions (id, token_hash, clerk_user_id, created_at, expires_at)
                   values (@id, @hash, @userId, @now, @expires);
                delete from portal.operator_sessions where expires_at < @old;
                """, new { id, hash = Hash(token), userId = session.UserId, now, expires, old = now.AddDays(-7) });
            await AuditAsync(tx, new(session.UserId, requester.RequestId), "operator_signed_in", id, new { expiresAt = expires });
            return true;
        }, ct);
        return new OperatorSession(token, expires);
    }

    /// <summary>The Operator behind a cookie; null when it is none, or none any more.</summary>
    public async Task<Operator?> FindAsync(string token, string requestId, CancellationToken ct)
    {
        if (token.Length is 0 or > LongestToken)
        {
            return null;
        }

        var person = await db.AcrossTenantsAsync(tx => tx.QueryOneAsync<string>("""
            select clerk_user_id from portal.operator_sessions where token_hash = @hash and ended_at is null and expires_at > @now
            """, new { hash = Hash(token), now = clock.GetUtcNow() }), ct);
        return person is null ? null : new(person, requestId);
    }

    public Task<bool> SignOutAsync(Operator person, string token, CancellationToken ct) => db.AcrossTenantsAsync(async tx =>
    {
        var ended = await tx.QueryOneAsync<Guid?>("""
            update portal.operator_sessions set ended_at = @now where token_hash = @hash and ended_at is null returning id
            """, new { hash = Hash(token), now = clock.GetUtcNow() });
        if (ended is { } id)
        {
            await AuditAsync(tx, person, "operator_signed_out", id, null);
        }

        return ended is not null;
    }, ct);

    /// <summary>
    /// An Operator whom Clerk has deleted: their sessions end, and on-call hears that the list of Operators still has them. True when they
    /// are on it.
    /// </summary>
    public async Task<bool> DeletedAsync(string clerkUserId, Actor actor, CancellationToken ct)
    {
        if (!await db.AskAsync<bool>("select is_operator from portal.find_caller(@clerkUserId, null)", new { clerkUserId }, ct))
        {
            return false;
        }

        await db.AcrossTenantsAsync(async tx =>
        {
            foreach (var id in await tx.QueryAsync<Guid>("""
                update portal.operator_sessions set ended_at = @now
                 where clerk_user_id = @clerkUserId and ended_at is null and expires_at > @now returning id
                """, new { clerkUserId, now = clock.GetUtcNow() }))
            {
                await audit.WriteAsync(tx, TenantId.Platform, actor, new AuditEntry(
                    "operator_session_ended", "operator_session", id, null, new { reason = "deleted_at_clerk" }));
            }

            return await alerts.AddAsync(tx, new(AlertKind.OperatorDeleted, clerkUserId,
                $"Operator {clerkUserId} was deleted at Clerk. Their sessions are ended; take them off the list of Operators.",
                new { clerkUserId }));
        }, ct);
        return true;
    }

    /// <summary>What a form must bring along: made of the cookie's secret, which no other site can read.</summary>
    public static string FormToken(string secret) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), "ops form"u8));

    public static bool IsFormToken(string secret, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(FormToken(secret)), Encoding.UTF8.GetBytes(given));

    private Task AuditAsync(Tx tx, Operator person, string action, Guid session, object? what) =>
        audit.WriteAsync(tx, TenantId.Platform, Actor.From(person), new AuditEntry(action, "operator_session", session, null, what));

    private static Refusal.Forbidden NoOperator(string detail) => new("no-operator", detail);

    private static Refusal.TooMany TooMany(int wait) => new(wait, $"Too many attempts from here. Wait {wait} s.");

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
