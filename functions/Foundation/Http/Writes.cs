using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Portal.Foundation.Db;
using Portal.Foundation.Idempotency;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Runs the functions that change something: input checked first, then everything in one transaction of the caller's tenant. A problem
/// rolls back what the work had done; a <see cref="Reply"/> commits it. A POST with an <c>Idempotency-Key</c> stores its answer in the
/// same transaction and gives it again to the same request for 24 hours; while the first is under way a second is refused.
/// </summary>
/// <remarks>
/// <c>finish</c> runs after the commit, for a fresh answer and for a repeated one: it starts what lies outside the database and adds
/// secrets that are never stored. It must be safe to run twice.
/// </remarks>
public sealed class Writes(PortalDb db, IdempotencyStore keys, TimeProvider clock)
{
    private const int MaxKey = 255;
    private const int MostRaces = 5;

    /// <param name="prepare">What takes long and needs no row, before the transaction; null: go on.</param>
    public async Task<IResult> PostAsync<T>(
        HttpRequest request, Func<Tx, Caller, T, Task<IResult>> work, Func<Reply, Task<IResult>>? finish = null,
        Func<T, Task<Problem?>>? prepare = null)
        where T : class
    {
        var (bytes, problem) = await RequestBody.ReadJsonAsync(request);
        if (problem is not null)
        {
            return problem;
        }

        var (input, fault) = Input.Parse<T>(bytes, clock.GetUtcNow());
        fault ??= prepare is null ? null : await prepare(input!);
        return fault ?? await OnceAsync(request, Who(request), bytes, tx => work(tx, request.HttpContext.Caller(), input!), finish);
    }

    /// <summary>A POST of somebody without a session (a guest): whose transaction it is, and whose space of keys.</summary>
    public async Task<IResult> PostAsync<T>(HttpRequest request, TenantId tenant, Guid actor, Func<Tx, T, Task<IResult>> work)
        where T : class
    {
        var (bytes, problem) = await RequestBody.ReadJsonAsync(request);
        if (problem is not null)
        {
            return problem;
        }

        var (input, fault) = Input.Parse<T>(bytes, clock.GetUtcNow());
        return fault ?? await OnceAsync(request, (tenant, actor), bytes, tx => work(tx, input!), null);
    }

    /// <summary>A POST without a body.</summary>
    public async Task<IResult> PostAsync(
        HttpRequest request, Func<Tx, Caller, Task<IResult>> work, Func<Reply, Task<IResult>>? finish = null)
    {
        var (_, problem) = await Input.ReadAsync<Nothing>(request, clock.GetUtcNow());
        return problem ?? await OnceAsync(request, Who(request), default, tx => work(tx, request.HttpContext.Caller()), finish);
    }

    /// <param name="work">Gets the version that the caller means to change.</param>
    /// <param name="prepare">What takes long and needs no row, before the transaction; null: go on.</param>
    public async Task<IResult> PatchAsync<T>(
        HttpRequest request, Func<Tx, Caller, T, int, Task<IResult>> work, Func<T, Task<Problem?>>? prepare = null)
        where T : class
    {
        var (input, problem) = await Input.ReadAsync<T>(request, clock.GetUtcNow());
        return problem ?? await AtVersionAsync(
            request, null, (tx, version) => work(tx, request.HttpContext.Caller(), input!, version),
            prepare is null ? null : () => prepare(input!));
    }

    /// <summary>A PATCH of somebody without a session (a guest).</summary>
    public async Task<IResult> PatchAsync<T>(HttpRequest request, TenantId tenant, Func<Tx, T, int, Task<IResult>> work)
        where T : class
    {
        var (input, problem) = await Input.ReadAsync<T>(request, clock.GetUtcNow());
        return problem ?? await AtVersionAsync(request, tenant, (tx, version) => work(tx, input!, version));
    }

    /// <summary>A DELETE; <c>work</c> gets the version that the caller means to delete.</summary>
    public Task<IResult> DeleteAsync(HttpRequest request, Func<Tx, Caller, int, Task<IResult>> work) =>
        AtVersionAsync(request, null, (tx, version) => work(tx, request.HttpContext.Caller(), version));

    /// <summary>A DELETE of somebody without a session (a guest).</summary>
    public Task<IResult> DeleteAsync(HttpRequest request, TenantId tenant, Func<Tx, int, Task<IResult>> work) =>
        AtVersionAsync(request, tenant, work);

    /// <summary>A PATCH or PUT of what only its owner changes (own preferences, a read mark): no version is asked for.</summary>
    public async Task<IResult> PutAsync<T>(HttpRequest request, Func<Tx, Caller, T, Task<IResult>> work)
        where T : class
    {
        var (input, problem) = await Input.ReadAsync<T>(request, clock.GetUtcNow());
        return problem ?? await InTransactionAsync(request, tx => work(tx, request.HttpContext.Caller(), input!));
    }

    /// <summary>A PUT of somebody without a session (a guest).</summary>
    public async Task<IResult> PutAsync<T>(HttpRequest request, TenantId tenant, Func<Tx, T, Task<IResult>> work)
        where T : class
    {
        var (input, problem) = await Input.ReadAsync<T>(request, clock.GetUtcNow());
        return problem ?? await InTransactionAsync(request, tx => work(tx, input!), tenant);
    }

    /// <summary>With <c>If-Match: *</c> the refusal of a version that nothing has tells the one to change.</summary>
    private async Task<IResult> AtVersionAsync(
        HttpRequest request, TenantId? tenant, Func<Tx, int, Task<IResult>> work, Func<Task<Problem?>>? prepare = null)
    {
        var (version, problem) = IfMatch.Read(request);
        problem ??= prepare is null ? null : await prepare();
        if (problem is not null)
        {
            return problem;
        }

        var answer = await InTransactionAsync(request, tx => work(tx, version), tenant);
        for (var attempt = 0; version == IfMatch.Any && attempt < MostRaces && answer is Problem { CurrentVersion: { } now }; attempt++)
        {
            answer = await InTransactionAsync(request, tx => work(tx, now), tenant);
        }

        return answer;
    }

    private static (TenantId Tenant, Guid Actor) Who(HttpRequest request) =>
        request.HttpContext.Caller() is var caller ? (caller.Tenant, caller.User.Value) : default;

    private async Task<IResult> OnceAsync(
        HttpRequest request, (
            TenantId Tenant, Guid Actor) who, ReadOnlyMemory<byte> body, Func<Tx, Task<IResult>> work, Func<Reply, Task<IResult>>? finish)
    {
        var key = request.Headers["Idempotency-Key"].ToString();
        if (key.Length > MaxKey || key.Any(c => c is < '!' or > '~'))
        {
            return Problem.Invalid(
                [new("Idempotency-Key", "length", $"Idempotency-Key must have 1 to {MaxKey} visible ASCII characters.")]);
        }

        var answer = key.Length == 0
            ? await InTransactionAsync(request, work, who.Tenant)
            : await KeyedAsync(request, who, new(key, RequestHash(request, body)), work);
        return answer is Reply reply && finish is not null ? await finish(reply) : answer;
    }

    private async Task<IResult> InTransactionAsync(HttpRequest request, Func<Tx, Task<IResult>> work, TenantId? tenant = null)
    {
        try
        {
            return await db.InTenantAsync(tenant ?? request.HttpContext.Caller().Tenant, async tx => await work(tx) switch
            {
                Reply reply => (IResult)reply,
                Problem problem => throw new RolledBackException(problem),
                _ => throw new InvalidOperationException("A write answers with a Reply or a Problem."),
            }, request.HttpContext.RequestAborted);
        }
        catch (RolledBackException e)
        {
            return e.Problem;
        }
    }

    private Task<IResult> KeyedAsync(
        HttpRequest request, (TenantId Tenant, Guid Actor) who, IdempotentRequest keyed, Func<Tx, Task<IResult>> work) =>
        db.InTenantAsync(who.Tenant, async tx =>
        {
            var claim = await keys.ClaimAsync(tx, who.Tenant, who.Actor, keyed);
            switch (claim)
            {
                case KeyClaim.InFlight:
                    return Problem.Conflict(
                        "idempotency-key-in-flight", "A request with this Idempotency-Key is being worked on. Repeat it in a moment.");
                case KeyClaim.OtherRequest:
                    return new Problem(
                        422, "idempotency-key-reused", "Another request used this key",
                        "This Idempotency-Key belongs to a request with other content.");
                case KeyClaim.Answered a:
                    request.HttpContext.Response.Headers["Idempotency-Replayed"] = "true";
                    return Stored(a.Answer);
            }

            await IdempotencyStore.BeginWorkAsync(tx);
            var answer = await work(tx);
            if (answer is Problem problem)
            {
                await IdempotencyStore.UndoWorkAsync(tx);
                if (problem.Status is < 500 and not (401 or 429))
                {
                    await keys.StoreAsync(
                        tx, who.Tenant, who.Actor, keyed, new(problem.Status, problem.Document(null).ToJsonString(), null, null));
                }
            }
            else if (answer is Reply reply)
            {
                await keys.StoreAsync(
                    tx, who.Tenant, who.Actor, keyed, new(reply.Status, reply.Body?.ToJsonString(), reply.Location, reply.Version));
            }

            return answer;
        }, request.HttpContext.RequestAborted);

    private static IResult Stored(StoredAnswer answer)
    {
        var body = answer.Body is null ? null : JsonNode.Parse(answer.Body);
        return answer.Status < 400
            ? new Reply(answer.Status, body, answer.Location, answer.Version)
            : Problem.From(answer.Status, body!.AsObject());
    }

    private static byte[] RequestHash(HttpRequest request, ReadOnlyMemory<byte> body) =>
        SHA256.HashData((byte[])[.. Encoding.UTF8.GetBytes($"{request.Method} {request.Path}\n"), .. body.Span]);

    private sealed record Nothing;

    /// <summary>Carries a problem out of a transaction, so that the transaction rolls back.</summary>
    private sealed class RolledBackException(Problem problem) : Exception
    {
        public Problem Problem { get; } = problem;
    }
}
