using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Foundation.Idempotency;

/// <summary>A request that may be repeated: its key, and a SHA-256 over method, path and body.</summary>
public sealed record IdempotentRequest(string Key, byte[] Hash);

/// <summary>An answer as it is kept: without secrets; <c>Body</c> is JSON.</summary>
public sealed record StoredAnswer(int Status, string? Body, string? Location, int? Version);

/// <summary>What the key says about a request.</summary>
public abstract record KeyClaim
{
    private KeyClaim()
    {
    }

    /// <summary>Nobody used the key in the last 24 hours: do the work, then store the answer.</summary>
    public sealed record Free : KeyClaim;

    /// <summary>The first request with this key has not ended.</summary>
    public sealed record InFlight : KeyClaim;

    public sealed record OtherRequest : KeyClaim;

    public sealed record Answered(StoredAnswer Answer) : KeyClaim;
}

/// <summary>
/// Idempotency keys, one space for each person of a tenant. The key is held by an advisory lock of the transaction, so that a crash
/// frees it; the answer is a row of the same transaction, so that work and answer are both there or neither.
/// </summary>
public sealed class IdempotencyStore(TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public async Task<KeyClaim> ClaimAsync(Tx tx, TenantId tenant, Guid actor, IdempotentRequest request)
    {
        var args = new { tenant, actor, key = request.Key, since = clock.GetUtcNow() - Lifetime };
        if (!await tx.GetAsync<bool>("select pg_try_advisory_xact_lock(hashtextextended(@tenant::text || @actor::text || @key, 0))", args))
        {
            return new KeyClaim.InFlight();
        }

        var found = await tx.QueryOneAsync<Row>("""
            select request_hash, status, body, location, entity_version from portal.idempotency_keys
             where tenant_id = @tenant and actor_id = @actor and key = @key and created_at > @since
            """, args);
        return found is null ? new KeyClaim.Free()
            : found.RequestHash.AsSpan().SequenceEqual(request.Hash) ? new KeyClaim.Answered(
                new(found.Status, found.Body, found.Location, found.EntityVersion))
            : new KeyClaim.OtherRequest();
    }

    /// <summary>From here on the work can be undone while the key stays held.</summary>
    public static Task<int> BeginWorkAsync(Tx tx) => tx.ExecuteAsync("savepoint work");

    public static Task<int> UndoWorkAsync(Tx tx) => tx.ExecuteAsync("rollback to savepoint work");

    /// <summary>Keeps the answer, and clears away the person's keys that have had their day.</summary>
    public Task<int> StoreAsync(Tx tx, TenantId tenant, Guid actor, IdempotentRequest request, StoredAnswer answer)
    {
        var now = clock.GetUtcNow();
        return tx.ExecuteAsync("""
            delete from portal.idempotency_keys where tenant_id = @tenant and actor_id = @actor and created_at <= @since;
            insert into portal.idempotency_keys (tenant_id, actor_id, key, request_hash, status, body, location, entity_version,
               created_at)
            values (@tenant, @actor, @Key, @Hash, @Status, @Body, @Location, @Version, @now)
            """,
            new
            {
                tenant,
                actor,
                request.Key,
                request.Hash,
                answer.Status,
                answer.Body,
                answer.Location,
                answer.Version,
                now,
                since = now - Lifetime,
            });
    }

    private sealed record Row(byte[] RequestHash, int Status, string? Body, string? Location, int? EntityVersion);
}
