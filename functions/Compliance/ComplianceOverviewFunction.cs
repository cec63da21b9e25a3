using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance;
using Portal.Compliance.Reviews;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.People;

namespace Portal.Functions.Compliance;

/// <summary>Erasures that are not done.</summary>
public sealed record OpenErasuresJson(
    long Open,
    [About("Of those, how many a legal hold keeps from beginning; they have no deadline while it is in force.")] long Held,
    [About("Of those, how many are past their deadline.")] long Overdue, DateTimeOffset? OldestRequestedAt, DateTimeOffset? NextDueAt)
{
    public static OpenErasuresJson From(OpenErasures e) => new(e.Open, e.Held, e.Overdue, e.OldestRequestedAt, e.NextDueAt);
}

/// <summary>Legal holds in force.</summary>
public sealed record HoldsInForceJson(
    long InForce, [About("Whose day of review is past.")] long PastReview,
    [About("The earliest day of review of one of them, past or to come.")] DateOnly? NextReviewOn)
{
    public static HoldsInForceJson From(HoldsInForce h) => new(h.InForce, h.PastReview, h.NextReviewOn);
}

/// <summary>Reviews of vendors that want doing.</summary>
public sealed record DueVendorReviewsJson(
    [OneOf(typeof(VendorKey))] IReadOnlyList<string> Overdue,
    [About("Due within 14 days.")][OneOf(typeof(VendorKey))] IReadOnlyList<string> DueSoon,
    [About("The earliest day on which one is due, past or to come.")] DateOnly NextDueOn)
{
    public static DueVendorReviewsJson From(IReadOnlyList<VendorStanding> vendors) =>
        new(Keys(vendors, ReviewState.Overdue), Keys(vendors, ReviewState.DueSoon), vendors.Min(of => of.DueOn));

    private static IReadOnlyList<string> Keys(IReadOnlyList<VendorStanding> vendors, string state) =>
        [.. vendors.Where(of => of.State == state).Select(of => of.Vendor.Key)];
}

/// <summary>The last residency report.</summary>
public sealed record LastResidencyReportJson(Guid Id, string Week, DateTimeOffset CreatedAt);

/// <summary>How far the audit log is sealed.</summary>
public sealed record AuditSealingJson(
    [About("The number of the last seal; null: nothing is sealed yet.")] long? LastSeal, DateTimeOffset? SealedAt,
    [About("Rows after it. Counting stops at 1000.")] long UnsealedRows)
{
    public static AuditSealingJson From(ComplianceOverview o) => new(o.Seal?.Number, o.Seal?.SealedAt, o.UnsealedRows);
}

/// <summary>Restoring a backup of the portal, which is to be tested every month.</summary>
public sealed record LastRestoreTestJson(
    [About("When a backup was last restored with success; null: never.")] DateTimeOffset? PassedAt,
    [About("null: at once.")] DateTimeOffset? NextDueAt, bool Overdue);

/// <summary>How a tenant stands with what it has to see to.</summary>
public sealed record ComplianceOverviewJson(
    OpenErasuresJson Erasures, HoldsInForceJson Holds, DueVendorReviewsJson VendorReviews,
    [About("null: none has been made yet.")] LastResidencyReportJson? ResidencyReport, AuditSealingJson Audit, RetentionJson Retention,
    LastRestoreTestJson RestoreTest)
{
    public static ComplianceOverviewJson From(ComplianceOverview o, DateTimeOffset now) => new(
        OpenErasuresJson.From(o.Erasures), HoldsInForceJson.From(o.Holds), DueVendorReviewsJson.From(o.Vendors),
        o.Report is { } report ? new(report.Id, report.Week, report.CreatedAt) : null, AuditSealingJson.From(o),
        RetentionJson.From(o.Retention),
        new(
            o.RestoredAt, o.RestoredAt?.AddDays(ReviewSchedule.RestoreTestDays), ReviewSchedule.IsRestoreTestOverdue(o.RestoredAt, now)));
}

public sealed class ReadComplianceOverviewFunction(ComplianceOverviewQuery overview, TimeProvider clock)
{
    [Function("ReadComplianceOverview")]
    [Allows(PortalAction.ReadCompliance)]
    [Operation("Read how the tenant stands with its compliance duties", Returns = typeof(ComplianceOverviewJson),
        Details = "Open erasures and their deadlines, legal holds, vendor reviews that are due, the last residency report, how far the "
            + "audit log is sealed, how long data is kept, and whether restoring the portal's backup was tested this month.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/compliance/overview")] HttpRequest request,
        CancellationToken ct) =>
        Reply.Ok(ComplianceOverviewJson.From(
            await overview.ReadAsync(request.HttpContext.Caller().Tenant, ct), clock.GetUtcNow()));
}
