using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Faults;
using Portal.Foundation.Identity;
using Portal.Foundation.Outbox;
using Portal.Foundation.Paging;

namespace Portal.Compliance.Reviews;

/// <summary>What a review of a vendor came to.</summary>
public static class ReviewResult
{
    public const string Approved = "approved";
    public const string ApprovedWithFindings = "approved_with_findings";
    public const string Rejected = "rejected";
}

/// <summary>A review of a vendor, as a tenant recorded it; it is never changed.</summary>
/// <param name="Vendor">A key of <see cref="VendorRegister"/>.</param>
/// <param name="ReviewedOn">By the tenant's own calendar.</param>
public sealed record VendorReview(
    Guid Id, string Vendor, string Result, string Findings, string[] EvidenceUrls, DateOnly ReviewedOn, Guid RecordedBy,
    string? RecordedByName, DateTimeOffset RecordedAt);

/// <summary>A review to be recorded.</summary>
public sealed record NewVendorReview(
    string Vendor, string Result, string Findings, IReadOnlyList<string> EvidenceUrls, DateOnly ReviewedOn);

/// <summary>A vendor as a tenant stands with it today.</summary>
/// <param name="Last">The last review; null: there was none.</param>
/// <param name="State">One of <see cref="ReviewState"/>.</param>
public sealed record VendorStanding(RegisteredVendor Vendor, LastVendorReview? Last, DateOnly DueOn, string State);

/// <summary>The last review of a vendor: that of the latest day, and of those the one recorded last.</summary>
public sealed record LastVendorReview(Guid Id, string Result, DateOnly ReviewedOn);

/// <summary>All SQL of vendor reviews and of reminding of them. "Today" is the tenant's own.</summary>
public sealed class VendorReviewStore(PortalDb db, AuditWriter audit, TimeProvider clock)
{
    private const string Columns = """
        r.id, r.vendor, r.result, r.findings, r.evidence_urls, r.reviewed_on, r.recorded_by,
        (select u.name from portal.users u where u.tenant_id = r.tenant_id and u.id = r.recorded_by) as recorded_by_name, r.recorded_at
        """;

    private const string Listed = $"""
        select {Columns} from portal.vendor_reviews r where r.tenant_id = @tenant and (@vendor::text is null or r.vendor = @vendor)
        """;

    private const string Find = $"select {Columns} from portal.vendor_reviews r where r.tenant_id = @tenant and r.id = @id";

    private const string Standing = """
        select v.key as vendor, r.id, r.result, r.reviewed_on, (t.created_at at time zone t.time_zone)::date as tenant_since,
               (@now at time zone t.time_zone)::date as today
          from portal.tenants t
         cross join unnest(@vendors) as v (key)
          left join lateral (
               select x.id, x.result, x.reviewed_on from portal.vendor_reviews x
                where x.tenant_id = @tenant and x.vendor = v.key
                order by x.reviewed_on desc, x.recorded_at desc, x.id desc limit 1) r on true
         where t.id = @tenant
        """;

    private static readonly PageQuery ByAge = PageQuery.Descending("r.recorded_at, r.id");
    private static readonly Actor By = Actor.System("reviews");

    public Task<IReadOnlyList<VendorReview>> ListAsync(TenantId tenant, string? vendor, Page page, CancellationToken ct) =>
        db.ReadPageAsync<VendorReview>(tenant, ByAge, Listed, page, new { tenant, vendor }, ct);

    public Task<long> CountAsync(TenantId tenant, string? vendor, CancellationToken ct) =>
        db.CountAsync(tenant, Listed, new { tenant, vendor }, ct);

    public Task<VendorReview?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        db.ReadOneAsync<VendorReview>(tenant, Find, new { tenant, id }, ct);

    /// <summary>Every vendor of the register, in its order.</summary>
    public async Task<IReadOnlyList<VendorStanding>> StandingsAsync(TenantId tenant, CancellationToken ct) =>
        Standings(await db.ReadAsync<VendorRow>(tenant, Standing, StandingArgs(tenant), ct));

    public async Task<IReadOnlyList<VendorStanding>> StandingsAsync(Tx tx, TenantId tenant) =>
        Standings(await tx.QueryAsync<VendorRow>(Standing, StandingArgs(tenant)));

    public async Task<Result<VendorReview>> RecordAsync(Tx tx, TenantId tenant, Caller caller, NewVendorReview review)
    {
        var now = clock.GetUtcNow();
        var today = await tx.GetAsync<DateOnly>(
            "select (@now at time zone t.time_zone)::date from portal.tenants t where t.id = @tenant", new { tenant, now });
        if (!ReviewSchedule.MayBeRecorded(review.ReviewedOn, today))
        {
            return new Refusal.InvalidField(
                "reviewedOn", "range", $"must be today or one of the {ReviewSchedule.OldestDays} days before, by the tenant's time zone.");
        }

        var id = Guid.CreateVersion7(now);
        await tx.ExecuteAsync("""
            insert into portal.vendor_reviews (id, tenant_id, vendor, result, findings, evidence_urls, reviewed_on, recorded_by,
               recorded_at)
            values (@id, @tenant, @Vendor, @Result, @Findings, @urls, @ReviewedOn, @by, @now)
            """, new
        {
            id,
            tenant,
            review.Vendor,
            review.Result,
            review.Findings,
            urls = review.EvidenceUrls.ToArray(),
            review.ReviewedOn,
            by = caller.User,
            now,
        });
        await audit.WriteAsync(tx, tenant, Actor.From(caller), new AuditEntry(
            "vendor_reviewed", "vendor_review", id, null,
            new { vendor = review.Vendor, result = review.Result, reviewedOn = review.ReviewedOn }, EventType.VendorReviewed));
        return (await tx.QueryOneAsync<VendorReview>(Find, new { tenant, id }))!;
    }

    /// <summary>Tells a tenant of reviews that are due on one day and in one state, unless it was told. How many it was told of.</summary>
    public async Task<int> RemindAsync(Tx tx, TenantId tenant, DateOnly dueOn, string state, IReadOnlyList<VendorStanding> due)
    {
        var now = clock.GetUtcNow();
        var reminder = Guid.CreateVersion7(now);
        var told = await tx.QueryAsync<string>("""
            insert into portal.vendor_review_reminders (tenant_id, vendor, due_on, state, reminder_id, told_at)
            select @tenant, v.key, @dueOn, @state, @reminder, @now from unnest(@vendors) as v (key)
            on conflict do nothing
            returning vendor
            """, new { tenant, dueOn, state, reminder, now, vendors = due.Select(of => of.Vendor.Key).ToArray() });
        if (told.Count > 0)
        {
            var type = state == ReviewState.Overdue ? EventType.VendorReviewOverdue : EventType.VendorReviewDue;
            await audit.WriteAsync(tx, tenant, By, new AuditEntry(
                type, "vendor_review_reminder", reminder, null, new { dueOn, vendors = told }, type));
        }

        return told.Count;
    }

    private object StandingArgs(TenantId tenant) =>
        new { tenant, now = clock.GetUtcNow(), vendors = VendorRegister.All.Select(vendor => vendor.Key).ToArray() };

    private static IReadOnlyList<VendorStanding> Standings(IReadOnlyList<VendorRow> rows) =>
    [
        .. from vendor in VendorRegister.All
           join row in rows on vendor.Key equals row.Vendor
           let due = ReviewSchedule.NextDue(row.ReviewedOn, row.TenantSince)
           select new VendorStanding(
               vendor, row.Id is { } id ? new(id, row.Result!, row.ReviewedOn!.Value) : null, due, ReviewSchedule.StateOn(row.Today, due)),
    ];

    private sealed record VendorRow(string Vendor, Guid? Id, string? Result, DateOnly? ReviewedOn, DateOnly TenantSince, DateOnly Today);
}
