using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Portal.Db;
using Portal.Functions.Http;
using Portal.ShareLinks;

namespace Portal.Functions.ShareLinks;

public sealed class CreateShareLinkFunction(CreateShareLink create, IOptions<ShareLinkOptions> options, TimeProvider clock)
{
    [Function("CreateShareLink")]
    [Allows(PortalAction.CreateShareLink)]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links")] HttpRequest request, CancellationToken ct)
    {
        var (body, problem) = await Body.ReadAsync(request);
        if (body is null)
        {
            return problem!;
        }

        var asked = Read(body);
        if (body.Fault() is { } fault)
        {
            return fault;
        }

        return await create.RunAsync(request.HttpContext.Caller(), asked, ct) switch
        {
            CreatedShareLink.Created c => Results.Created($"/api/share-links/{c.Link.Id}", ShareLinkJson.From(c.Link) with
            {
                Token = c.Token,
                Url = options.Value.PageUrl.Length > 0 ? options.Value.PageUrl + c.Token : null,
            }),
            CreatedShareLink.NotReady n => Problem.Conflict("asset-not-ready", $"There is nothing ready to share yet; the newest version is {n.Status}."),
            _ => Problem.NotFound("asset"),
        };
    }

    private ShareLinkRequest Read(Body body)
    {
        var asset = body.Key("assetId");
        var version = body.OptionalKey("assetVersionId");
        var lifetime = CreateShareLink.DefaultLifetime;
        if (body.OptionalTime("expiresAt") is { } end)
        {
            lifetime = end - clock.GetUtcNow();

            // A second of grace: clients compute "in 7 days" by their own clock, and a little before the request arrives.
            if (lifetime < CreateShareLink.MinLifetime - TimeSpan.FromSeconds(1) || lifetime > CreateShareLink.MaxLifetime + TimeSpan.FromSeconds(1))
            {
                body.Refuse("expiresAt", "range", "expiresAt must be 24 hours to 7 days from now.");
            }
        }

        return new(
            new AssetId(asset),
            version is { } id ? new AssetVersionId(id) : null,
            lifetime,
            body.Flag("allowComments"),
            body.Flag("allowDownload"),
            (int?)body.OptionalNumber("maxOpens", 1, 1_000_000),
            body.OneOf("notify", "first", "off", "first", "every", "daily"),
            body.OptionalText("label", 200, allowEmpty: true) ?? "");
    }
}
