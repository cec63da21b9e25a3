using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Videos.Uploads;

namespace Portal.Compliance.Erasure;

/// <summary>
/// The steps of erasing a tenant, but for its videos (<see cref="EraseVideos"/>): closing it, Clerk, and last our rows, which know what
/// others hold. Each may run again: what is gone is gone, and rows are counted in the transaction that deletes them.
/// </summary>
public sealed class EraseTenant(
    PortalDb db, ErasureStore store, TenantErasureStore tenants, UploadStore uploads, UploadTransitions moves, EraseAtClerk clerk,
    ErasureCertificates certificates)
{
    private const int Rows = 2000;
    private const int Rounds = 50;

    /// <summary>So long an original may still be put that a browser got leave to put, the longest thing that is on its way.</summary>
    private static readonly TimeSpan Arrival = TimeSpan.FromMinutes(70);
    private static readonly Actor By = Actor.System("erasure");

    /// <summary>Closes the tenant and ends its uploads. Answers when what was on its way has come; null: it is not this attempt's, or its
    /// time has not come.</summary>
    public Task<DateTimeOffset?> BeginAsync(ErasureRef erasure, CancellationToken ct) =>
        db.InTenantAsync<DateTimeOffset?>(erasure.Tenant, async tx =>
        {
            if (await store.BeginAsync(tx, erasure) is not { } request)
            {
                return null;
            }

            await tenants.CloseAsync(tx, request, By);
            // Files of exports go by themselves from now on, and their names with them.
            var (done, files) = (ErasureSteps.Read(request.Done), await tenants.CountAtBlobAsync(tx, erasure.Tenant));
            await ErasureStore.NoteDoneAsync(tx, request, done with { Blob = ErasedAtBlob.Most(done.Blob, files) });
            foreach (var job in await uploads.UnderWayAsync(tx, erasure.Tenant))
            {
                await moves.ToCancelledAsync(tx, job, By);
            }

            return request.StartedAt + Arrival;
        }, ct);

    /// <summary>Deletes the organization, and its people but for those who are in others.</summary>
    /// <exception cref="TransientException">Clerk is away.</exception>
    /// <exception cref="PermanentException">Clerk refuses.</exception>
    public async Task<bool> EraseAtClerkAsync(ErasureRef erasure, CancellationToken ct)
    {
        var organization = await db.InTenantAsync(erasure.Tenant, async tx =>
            await store.RunningAsync(tx, erasure) is null ? null : await store.OrganizationAsync(tx, erasure.Tenant), ct);
        if (organization is null)
        {
            return false;
        }

        var gone = await clerk.OrganizationAsync(organization, await tenants.ClerkUsersAsync(erasure.Tenant, ct), ct);
        return await store.NoteDoneAsync(
            erasure, done => done with { Organization = ErasureSteps.More(done.Organization, gone, of => of.Users + of.Kept) }, ct);
    }

    /// <summary>Empties bodies of webhooks that were about the tenant, as long as there are rows to know them by.</summary>
    /// <exception cref="TransientException">Some are not dealt with yet.</exception>
    public async Task<bool> EraseWebhooksAsync(ErasureRef erasure, CancellationToken ct)
    {
        var waiting = 0L;
        for (var (at, id, more) = (DateTimeOffset.UnixEpoch, Guid.Empty, true); more;)
        {
            var page = await db.InTenantAsync(erasure.Tenant, async tx =>
            {
                if (await store.RunningAsync(tx, erasure) is not { } running)
                {
                    return null;
                }

                var some = await tenants.EraseWebhooksAsync(tx, erasure.Tenant, at, id, Rows);
                await store.NoteRowsAsync(tx, running, [new("webhook_inbox", some.Erased)]);
                return some;
            }, ct);
            if (page is null)
            {
                return false;
            }

            waiting += page.Waiting;
            (at, id, more) = (page.LastAt ?? at, page.LastId ?? id, page.Looked == Rows);
        }

        return waiting == 0 ? true : throw new TransientException($"{waiting} webhooks of the tenant are not dealt with yet");
    }

    /// <summary>Deletes the tenant's rows in batches, each a transaction of its own. True: there are more.</summary>
    public async Task<bool> EraseRowsAsync(ErasureRef erasure, CancellationToken ct)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var more = await db.InTenantAsync(erasure.Tenant, async tx =>
                await store.RunningAsync(tx, erasure) is { } running && (await EraseSomeAsync(tx, running)).More, ct);
            if (!more)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Erases what came meanwhile, replaces what the tenant's row says, and writes the certificate.</summary>
    public Task<bool> CompleteAsync(ErasureRef erasure, CancellationToken ct) => db.InTenantAsync(erasure.Tenant, async tx =>
    {
        if (await store.RunningAsync(tx, erasure) is not { } request)
        {
            return false;
        }

        for (var more = true; more;)
        {
            (request, more) = await EraseSomeAsync(tx, request);
        }

        request = await store.NoteRowsAsync(tx, request, [await tenants.ForgetAsync(tx, erasure.Tenant)]);
        await store.CompleteAsync(tx, request, certificates.Make(request));
        return true;
    }, ct);

    private async Task<(ErasureRequest Request, bool More)> EraseSomeAsync(Tx tx, ErasureRequest request)
    {
        var erased = await tenants.EraseRowsAsync(tx, request.TenantId, Rows);
        return (await store.NoteRowsAsync(tx, request, erased), erased.Sum(rows => rows.Count) >= Rows);
    }
}
