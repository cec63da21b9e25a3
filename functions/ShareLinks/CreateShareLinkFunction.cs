using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Db;
using Portal.Functions.Http;
using Portal.Functions.Http.Inputs;
using Portal.ShareLinks;

namespace Portal.Functions.ShareLinks;

public sealed record CreateShareLinkInput : IChecked
{
    // A second of grace: clients compute "in 7 days" by their own clock, and a little before the request arrives.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public required Guid AssetId { get; init; }

    [About("Left out: always the newest version that is ready.")]
    public Guid? AssetVersionId { get; init; }

    [About("24 hours to 7 days from now; left out: 7 days.")]
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool AllowComments { get; init; }

    public bool AllowDownload { get; init; }

    [Whole(1, 1_000_000), About("How many guests may open it; left out: any number.")]
    public int? MaxOpens { get; init; }

    [OneOf("off", "first", "every", "daily"), About("When the owner hears of opens.")]
    public string Notify { get; init; } = "first";

    [Text(200, Min = 0)]
    public string Label { get; init; } = "";

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (ExpiresAt is { } end && (end - now < CreateShareLink.MinLifetime - Grace || end - now > CreateShareLink.MaxLifetime + Grace))
        {
            faults.Add("expiresAt", "range", "must be 24 hours to 7 days from now.");
        }
    }
}

public sealed class CreateShareLinkFunction(CreateShareLink create, ShareLinkAnswers answers, Writes writes, TimeProvider clock)
{
    [Function("CreateShareLink")]
    [Allows(PortalAction.CreateShareLink)]
    [Operation("Share an asset with guests", Takes = typeof(CreateShareLinkInput), Returns = typeof(ShareLinkJson), Status = 201, TakesKey = true,
        Details = "The answer is the only one that carries token and url.")]
    [Refuses(404, "not-found", "There is no such asset.")]
    [Refuses(409, "asset-not-ready", "No version is ready to be watched yet.")]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links")] HttpRequest request) =>
        writes.PostAsync<CreateShareLinkInput>(
            request,
            async (tx, caller, input) => await create.RunAsync(tx, caller, Asked(input)) switch
            {
                CreatedShareLink.Created c => Reply.Created($"/api/share-links/{c.Link.Id}", ShareLinkJson.From(c.Link), c.Link.Version),
                CreatedShareLink.NotReady n => Problem.Conflict("asset-not-ready", $"There is nothing ready to share yet; the newest version is {n.Status}."),
                _ => Problem.NotFound("asset"),
            },
            reply => answers.WithTokenAsync(request, reply));

    private ShareLinkRequest Asked(CreateShareLinkInput input) => new(
        new AssetId(input.AssetId),
        input.AssetVersionId is { } version ? new AssetVersionId(version) : null,
        input.ExpiresAt is { } end ? end - clock.GetUtcNow() : CreateShareLink.DefaultLifetime,
        input.AllowComments,
        input.AllowDownload,
        input.MaxOpens,
        input.Notify,
        input.Label);
}
