using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance.Reviews;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Functions.People;

namespace Portal.Functions.Compliance.Reviews;

/// <summary>A review of a vendor on the wire; nobody can change it.</summary>
public sealed record VendorReviewJson(
    Guid Id, [OneOf(typeof(VendorKey))] string Vendor, [OneOf(typeof(ReviewResult))] string Result, string Findings,
    IReadOnlyList<string> EvidenceUrls, DateOnly ReviewedOn, Guid RecordedById, string? RecordedByName, DateTimeOffset RecordedAt)
{
    public static VendorReviewJson From(VendorReview r) => new(
        r.Id, r.Vendor, r.Result, r.Findings, r.EvidenceUrls, r.ReviewedOn, r.RecordedBy, r.RecordedByName, r.RecordedAt);
}

public sealed record LastVendorReviewJson(Guid Id, [OneOf(typeof(ReviewResult))] string Result, DateOnly ReviewedOn);

/// <summary>A vendor of the portal, and how the tenant stands with its review.</summary>
public sealed record VendorJson(
    [OneOf(typeof(VendorKey))] string Vendor, string Name, string Purpose, string Region,
    [About("Not in Australia.")] bool Overseas,
    [About("What of tenants' data it gets to see.")] string Receives,
    [About("Classes of data that it holds, as the residency report names them.")] IReadOnlyList<string> DataClasses,
    string Agreement,
    [About("Who answers for it at whoever runs the portal.")][OneOf(typeof(VendorOwner))] string Owner,
    [About("null: never reviewed.")] LastVendorReviewJson? LastReview,
    [About("Three months after the last review, or after the tenant was created.")] DateOnly NextDueOn,
    [About("due_soon: within 14 days.")][OneOf(typeof(ReviewState))] string State)
{
    public static VendorJson From(VendorStanding of) => new(
        of.Vendor.Key, of.Vendor.Processor.Name, of.Vendor.Processor.Purpose, of.Vendor.Processor.Region, of.Vendor.Processor.Overseas,
        of.Vendor.Processor.Receives, of.Vendor.Classes, of.Vendor.Agreement, of.Vendor.Owner,
        of.Last is { } last ? new(last.Id, last.Result, last.ReviewedOn) : null, of.DueOn, of.State);
}

/// <summary>All vendors of the portal.</summary>
public sealed record VendorsJson(IReadOnlyList<VendorJson> Items);

public sealed record RecordVendorReviewInput : IChecked
{
    [OneOf(typeof(VendorKey))]
    public required string Vendor { get; init; }

    [OneOf(typeof(ReviewResult))]
    public required string Result { get; init; }

    [Text(4000, Min = 0), About("What was found; needed unless the result is approved.")]
    public string Findings { get; init; } = "";

    [Items(10), Text(2000), HttpsUrl, About("Where reports, certificates and agreements that were read are kept.")]
    public IReadOnlyList<string> EvidenceUrls { get; init; } = [];

    [About("By the tenant's time zone: today, or one of the 90 days before.", Example = "\"2026-03-02\"")]
    public required DateOnly ReviewedOn { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (Result != ReviewResult.Approved && Findings.Length == 0)
        {
            faults.Add("findings", "result", "must say what was found, unless the result is approved.");
        }
    }
}

public sealed record ListVendorReviewsInput : CountedListInput
{
    [OneOf(typeof(VendorKey))]
    public string? Vendor { get; init; }
}

public sealed class ListVendorsFunction(VendorReviewStore reviews)
{
    [Function("ListVendors")]
    [Allows(PortalAction.ReadVendorReview)]
    [Operation("List the portal's vendors and when each is to be reviewed", Returns = typeof(VendorsJson),
        Details = "The vendors are the same for all tenants; reviews are the tenant's own.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/vendors")] HttpRequest request, CancellationToken ct) =>
        Reply.Ok(new VendorsJson(
            [.. (await reviews.StandingsAsync(request.HttpContext.Caller().Tenant, ct)).Select(VendorJson.From)]));
}

public sealed class RecordVendorReviewFunction(VendorReviewStore reviews, Writes writes)
{
    [Function("RecordVendorReview")]
    [Allows(PortalAction.RecordVendorReview)]
    [Operation("Record a review of a vendor", Takes = typeof(RecordVendorReviewInput), Returns = typeof(VendorReviewJson), Status = 201,
        TakesKey = true,
        Details = "It is evidence, and cannot be changed: what was wrong is put right by another review. The next is due three months "
            + "after the day of this one.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/vendor-reviews")] HttpRequest request) =>
        writes.PostAsync<RecordVendorReviewInput>(request, async (tx, caller, input) =>
        {
            var review = new NewVendorReview(input.Vendor, input.Result, input.Findings, input.EvidenceUrls, input.ReviewedOn);
            return (await reviews.RecordAsync(tx, caller.Tenant, caller, review)).Answer(
                recorded => Reply.Created($"/api/vendor-reviews/{recorded.Id}", VendorReviewJson.From(recorded)));
        });
}

public sealed class ListVendorReviewsFunction(VendorReviewStore reviews, Lists lists)
{
    private const string Name = "vendor-reviews";

    [Function("ListVendorReviews")]
    [Allows(PortalAction.ReadVendorReview)]
    [Operation(
        "List reviews of vendors, newest first", Query = typeof(ListVendorReviewsInput), Returns = typeof(PageOf<VendorReviewJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/vendor-reviews")] HttpRequest request,
        CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListVendorReviewsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var rows = await reviews.ListAsync(tenant, query.Vendor, page, ct);
        long? total = query.Total ? await reviews.CountAsync(tenant, query.Vendor, ct) : null;
        return lists.Page(request, rows, page, Name, r => Position.Of(r.RecordedAt, r.Id), VendorReviewJson.From, total: total);
    }
}

public sealed class ReadVendorReviewFunction(VendorReviewStore reviews)
{
    [Function("ReadVendorReview")]
    [Allows(PortalAction.ReadVendorReview)]
    [Operation("Read a review of a vendor", Returns = typeof(VendorReviewJson))]
    [Refuses(404, "not-found", "There is no such review.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/vendor-reviews/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await reviews.FindAsync(request.HttpContext.Caller().Tenant, id, ct) is { } review
            ? Reply.Ok(VendorReviewJson.From(review))
            : Problem.NotFound("review");
}
