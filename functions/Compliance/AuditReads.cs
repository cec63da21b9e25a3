using Microsoft.AspNetCore.Http;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Compliance;

/// <summary>An export and a check read a tenant's whole log and hash every row, evidence reads all of a link: they have a limit of
/// their own.</summary>
public sealed class AuditReads(RateLimitStore limits)
{
    /// <summary>Counts one; the answer when there were too many in this minute.</summary>
    public async Task<Problem?> CountAsync(HttpRequest request, CancellationToken ct)
    {
        var most = limits.Limits.AuditReadsPerMinute;
        var tenant = request.HttpContext.Caller().Tenant;
        var hit = limits.Judge(
            LimitName.AuditReads, tenant.ToString(), await limits.TakeAsync($"audit:{tenant}", TimeSpan.FromMinutes(1), most, ct));
        return hit.Allowed
            ? null
            : Problem.TooMany(
                hit.RetryAfter, $"The audit log is exported or verified, and evidence made, at most {most} times a minute.", most);
    }
}
