using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.People;

namespace Portal.Compliance.Erasure;

/// <summary>
/// The steps of erasing a person or a guest, in their order: end what they may do, then Clerk, then our rows, and last, when what was on
/// its way has arrived, our rows again and the certificate. Each may run again: rows only move forward, and Clerk's "not found" is done.
/// </summary>
public sealed class EraseSubject(
    PortalDb db, ErasureStore store, ClerkSyncStore people, InviteStore invites, EraseAtClerk clerk, ErasureCertificates certificates,
    AlertStore alerts)
{
    private static readonly Actor By = Actor.System("erasure");

    /// <summary>Takes the request on. False: it is not this attempt's, or its time has not come.</summary>
    public async Task<bool> BeginAsync(ErasureRef erasure, CancellationToken ct)
    {
        var (begun, left) = await db.InTenantAsync<(bool, Deactivation?)>(erasure.Tenant, async tx =>
        {
            if (await store.BeginAsync(tx, erasure) is not { } request)
            {
                return (false, null);
            }

            var deactivated = request.SubjectId is { } user
                ? await people.DeactivateAsync(tx, erasure.Tenant, By, new UserId(user), "erased") : null;
            await invites.WithdrawAsync(tx, erasure.Tenant, By, request.Address!);
            return (true, deactivated);
        }, ct);
        if (left?.AlertOf(erasure.Tenant) is { } alert)
        {
            await alerts.AddAsync(alert, ct);
        }

        return begun;
    }

    /// <summary>Deletes the person at Clerk, or only their membership when they are in other organizations too.</summary>
    /// <exception cref="TransientException">Clerk is away.</exception>
    /// <exception cref="PermanentException">Clerk refuses.</exception>
    public async Task<string> EraseAtClerkAsync(ErasureRef erasure, CancellationToken ct)
    {
        var (request, organization) = await db.InTenantAsync(erasure.Tenant, async tx =>
            (await store.RunningAsync(tx, erasure), await store.OrganizationAsync(tx, erasure.Tenant)), ct);
        if (request is null)
        {
            return AtClerk.NotThere;
        }

        var did = ErasureSteps.Read(request.Done).Clerk ?? (request.ClerkUserId is { } user
            ? await clerk.PersonAsync(user, organization, ct)
            : AtClerk.NotAsked);
        await store.NoteDoneAsync(erasure, done => done with { Clerk = did }, ct);
        return did;
    }

    public Task<bool> EraseRowsAsync(ErasureRef erasure, CancellationToken ct) => db.InTenantAsync(erasure.Tenant, async tx =>
    {
        if (await store.RunningAsync(tx, erasure) is not { } request)
        {
            return false;
        }

        await store.EraseRowsAsync(tx, request);
        return true;
    }, ct);

    /// <summary>Erases what came meanwhile, writes the certificate, and forgets who it was.</summary>
    /// <exception cref="TransientException">Something of the subject is still on its way.</exception>
    public Task<bool> CompleteAsync(ErasureRef erasure, CancellationToken ct) => db.InTenantAsync(erasure.Tenant, async tx =>
    {
        if (await store.RunningAsync(tx, erasure) is not { } before)
        {
            return false;
        }

        var request = await store.EraseRowsAsync(tx, before);
        if (await store.UnderWayAsync(tx, request) is var left and > 0)
        {
            throw new TransientException($"{left} invites, mails, exports or webhooks of the subject are not settled yet");
        }

        request = await store.EraseAnswersAsync(tx, request);
        await store.CompleteAsync(tx, request, certificates.Make(request));
        return true;
    }, ct);
}
