using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Compliance.Erasure;
using Portal.Compliance.Holds;
using Portal.Foundation.Audit;
using Portal.Foundation.Paging;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance.Holds;

/// <summary>A legal hold on the wire.</summary>
public sealed record HoldJson(
    Guid Id, [OneOf(typeof(HoldKind))] string Kind, Guid SubjectId, string? SubjectName, string Reason, DateOnly ReviewOn,
    Guid PlacedById, string? PlacedByName, DateTimeOffset PlacedAt, Guid? LiftedById, string? LiftedByName, DateTimeOffset? LiftedAt,
    string? LiftReason, int Version)
{
    public static HoldJson From(Hold h) => new(
        h.Id, h.Kind, h.SubjectId, h.SubjectName, h.Reason, h.ReviewOn, h.PlacedBy, h.PlacedByName, h.PlacedAt, h.LiftedBy,
        h.LiftedByName, h.LiftedAt, h.LiftReason, h.Version);

    internal static Reply Reply(Hold h) => Foundation.Http.Reply.Ok(From(h), h.Version);
}

public sealed record PlaceHoldInput : IChecked
{
    private const int LongestReview = 366;

    [OneOf(typeof(HoldKind))]
    public required string Kind { get; init; }

    [About("The project, asset or user. Left out: the tenant.")]
    public Guid? SubjectId { get; init; }

    [Text(1000), About("Why, for whoever reviews it.")]
    public required string Reason { get; init; }

    [About("When somebody is to look whether it is still needed: within a year.", Example = "\"2026-09-01\"")]
    public required DateOnly ReviewOn { get; init; }

    public void Check(Faults faults, DateTimeOffset now)
    {
        if ((Kind == HoldKind.Tenant) != (SubjectId is null))
        {
            faults.Add("subjectId", "kind", "names a project, an asset or a user, and is left out for the tenant.");
        }

        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (ReviewOn <= today || ReviewOn > today.AddDays(LongestReview))
        {
            faults.Add("reviewOn", "range", "must be after today, and within a year.");
        }
    }
}

public sealed record LiftHoldInput
{
    [Text(1000)]
    public required string Reason { get; init; }
}

public sealed record ListHoldsInput : CountedListInput
{
    [About("Left out: those that were lifted too.")]
    public bool? InForce { get; init; }
}

public sealed class PlaceHoldFunction(HoldStore holds, Writes writes)
{
    [Function("PlaceHold")]
    [Allows(PortalAction.PlaceHold)]
    [Operation("Place a legal hold", Takes = typeof(PlaceHoldInput), Returns = typeof(HoldJson), Status = 201, TakesKey = true,
        Details = "What it covers is neither deleted by retention nor erased until it is lifted: of a tenant everything, of a project its "
            + "assets too.")]
    [Refuses(404, "not-found", "There is no such project, asset or user.")]
    [Refuses(409, "held", "A hold on it is in force.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/holds")] HttpRequest request) =>
        writes.PostAsync<PlaceHoldInput>(request, async (tx, caller, input) =>
        {
            var wanted = new NewHold(input.Kind, input.SubjectId ?? caller.Tenant.Value, input.Reason, input.ReviewOn);
            return (await holds.PlaceAsync(tx, caller.Tenant, caller, wanted)).Answer(
                hold => Reply.Created($"/api/holds/{hold.Id}", HoldJson.From(hold), hold.Version));
        });
}

public sealed class ListHoldsFunction(HoldStore holds, Lists lists)
{
    private const string Name = "holds";

    [Function("ListHolds")]
    [Allows(PortalAction.ReadHold)]
    [Operation("List legal holds, newest first", Query = typeof(ListHoldsInput), Returns = typeof(PageOf<HoldJson>))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/holds")] HttpRequest request, CancellationToken ct)
    {
        var (query, page, problem) = lists.Read<ListHoldsInput>(request, _ => Name);
        if (query is null)
        {
            return problem!;
        }

        var tenant = request.HttpContext.Caller().Tenant;
        var rows = await holds.ListAsync(tenant, query.InForce, page, ct);
        long? total = query.Total ? await holds.CountAsync(tenant, query.InForce, ct) : null;
        return lists.Page(request, rows, page, Name, h => Position.Of(h.PlacedAt, h.Id), HoldJson.From, total: total);
    }
}

public sealed class ReadHoldFunction(HoldStore holds)
{
    [Function("ReadHold")]
    [Allows(PortalAction.ReadHold)]
    [Operation("Read a legal hold", Returns = typeof(HoldJson))]
    [Refuses(404, "not-found", "There is no such hold.")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/holds/{id:guid}")] HttpRequest request,
        Guid id,
        CancellationToken ct) =>
        await holds.FindAsync(request.HttpContext.Caller().Tenant, id, ct) is { } hold ? HoldJson.Reply(hold) : Problem.NotFound("hold");
}

public sealed class LiftHoldFunction(HoldStore holds, ErasureStore erasures, Writes writes)
{
    [Function("LiftHold")]
    [Allows(PortalAction.LiftHold)]
    [Operation("Lift a legal hold", Takes = typeof(LiftHoldInput), Returns = typeof(HoldJson), TakesKey = true,
        Details = "Retention goes on with its next run, and erasures that nothing else holds begin within five minutes.")]
    [Refuses(404, "not-found", "There is no such hold.")]
    [Refuses(409, "not-in-force", "It has been lifted.")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/holds/{id:guid}/lift")] HttpRequest request, Guid id) =>
        writes.PostAsync<LiftHoldInput>(request, async (tx, caller, input) =>
        {
            var lifted = await holds.LiftAsync(tx, caller.Tenant, caller, id, input.Reason);
            await erasures.ResumeAsync(tx, caller.Tenant, Actor.From(caller));
            return lifted.Answer(HoldJson.Reply);
        });
}
