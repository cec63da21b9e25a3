using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Outages;
using Portal.People;
using Portal.Projects;

namespace Portal.Videos.Uploads;

/// <summary>What must hold before bytes are taken, for a new upload and for one that is retried.</summary>
public sealed class UploadRules(ProjectStore projects, TenantStore tenants, KnownOutages outages, TimeProvider clock)
{
    /// <summary>Where bytes go when nobody says: in Australia, for whom they must not leave it.</summary>
    public async Task<string> DefaultSourceAsync(Tx tx, Caller caller) =>
        await IsAustralianAsync(tx, caller) ? UploadSource.Blob : UploadSource.Direct;

    /// <summary>Null: nothing stands in the way.</summary>
    public async Task<Refusal?> FindObstacleAsync(Tx tx, Caller caller, ProjectId id, string source)
    {
        if (await projects.FindAsync(tx, caller.Tenant, caller, id) is not { } project)
        {
            return new Refusal.NotFound("project");
        }

        if (project.Status is not ("active" or "on_hold"))
        {
            return new Refusal.Conflict("project-closed", $"The project is {project.Status} and takes no uploads.");
        }

        if (source == UploadSource.Blob && await FindBlobSwitchAsync(tx) is { } off)
        {
            return off;
        }

        return source == UploadSource.Direct && await IsAustralianAsync(tx, caller)
            ? new Refusal.Conflict(
                "residency-requires-blob", "The tenant keeps its originals in Australia: upload with the source blob, which is in Sydney.")
            : null;
    }

    /// <summary>Only uploads by Vercel Blob are nothing without it. That all uploads are off was asked before.</summary>
    private async Task<Refusal?> FindBlobSwitchAsync(Tx tx)
    {
        var now = clock.GetUtcNow();
        return (await outages.ReadAsync(tx.Ct)).FindOwn(SwitchTarget.Blob, now) is { } off
            ? OutageState.Refuse(Feature.Uploads, off, now)
            : null;
    }

    private async Task<bool> IsAustralianAsync(Tx tx, Caller caller) =>
        await tenants.ResidencyAsync(tx, caller.Tenant) == Residency.Australia;
}

/// <summary>20 uploads a day a user (docs/flows/upload-to-ready.md).</summary>
internal static class UploadLimit
{
    public static async Task<Refusal.TooMany?> TakeUploadAsync(this RateLimitStore limit, Tx tx, Caller caller)
    {
        var most = limit.Limits.UploadsPerDay;
        var hit = limit.Judge(
            LimitName.Uploads, caller.User.ToString(), await limit.TakeAsync(tx, $"uploads:{caller.User}", TimeSpan.FromDays(1), most));
        return hit.Allowed ? null : new(hit.RetryAfter, $"At most {most} uploads a day.", most);
    }
}
