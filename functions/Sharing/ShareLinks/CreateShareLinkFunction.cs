using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation.Identity;
using Portal.Foundation.Outages;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.ShareLinks;

public sealed record CreateShareLinkInput : IChecked
{
    public required Guid AssetId { get; init; }

    [About("Left out: always the newest version that is ready.")]
    public Guid? AssetVersionId { get; init; }

    [About("24 hours to 7 days from now; left out: 7 days.")]
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool AllowComments { get; init; }

    [About("Guests may download a file of it, which Mux makes in the background.")]
    public bool AllowDownload { get; init; }

    [About(
        "Only for signed-in people of the portal: Admins, Agency people of the project, and Clients of it whose address is among "
            + "guestEmails.")]
    public bool RequireSignIn { get; init; }

    [Text(
        Passphrases.MaxLength, Min = Passphrases.MinLength), About(
            "Guests are asked for it once. It is kept as a hash and never shown again.")]
    public string? Passphrase { get; init; }

    [Whole(1, 1_000_000), About("How many guests may open it; left out: any number.")]
    public int? MaxOpens { get; init; }

    [OneOf(typeof(ShareLinkNotice)), About("When the owner hears of opens.")]
    public string Notify { get; init; } = "first";

    [Text(200, Min = 0), About("For the team; guests never see it.")]
    public string Label { get; init; } = "";

    [Items(50), Email, About("Whom it is for: they are written to, and Clients among them find it under shared-with-me.")]
    public IReadOnlyList<string> GuestEmails { get; init; } = [];

    public void Check(Faults faults, DateTimeOffset now)
    {
        if (ExpiresAt is { } end && !ShareLinkEnds.IsAllowed(end, now))
        {
            faults.Add("expiresAt", "range", ShareLinkEnds.Rule);
        }
    }
}

/// <summary>When a link may end, new or extended.</summary>
internal static class ShareLinkEnds
{
    public const string Rule = "must be 24 hours to 7 days from now.";

    // A second of grace: clients compute "in 7 days" by their own clock, and a little before the request arrives.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public static bool IsAllowed(DateTimeOffset end, DateTimeOffset now) =>
        end - now >= CreateShareLink.MinLifetime - Grace && end - now <= CreateShareLink.MaxLifetime + Grace;

    /// <summary>Addresses as they are kept and compared.</summary>
    public static IReadOnlyList<string> Addresses(IEnumerable<string> emails) => [.. emails.Select(e => e.ToLowerInvariant()).Distinct()];
}

public sealed class CreateShareLinkFunction(
    CreateShareLink create, Passphrases passphrases, ShareLinkAnswers answers, Writes writes, TimeProvider clock)
{
    [Function("CreateShareLink")]
    [Allows(PortalAction.CreateShareLink)]
    [Needs(Feature.ShareLinks)]
    [Operation("Create a share link", Takes = typeof(CreateShareLinkInput), Returns = typeof(ShareLinkJson), Status = 201, TakesKey = true,
        Details = "The answer carries token and url, as reading the link does; lists leave them out. Its guests get a mail.")]
    [Refuses(404, "not-found", "There is no such asset.")]
    [Refuses(409, "asset-not-ready", "No version is ready to be watched yet.")]
    public Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/share-links")] HttpRequest request)
    {
        KeptPassphrase? passphrase = null;
        return writes.PostAsync<CreateShareLinkInput>(
            request,
            async (tx, caller, input) => (await create.RunAsync(tx, caller, Asked(input, passphrase))).Answer(
                link => Reply.Created($"/api/share-links/{link.Id}", ShareLinkJson.WithoutGuests(link), link.Version)),
            reply => answers.WithTokenAsync(request, reply),
            async input =>
            {
                (passphrase, var refusal) = input.Passphrase is { } text
                    ? await passphrases.KeepAsync(text, request.HttpContext.RequestAborted)
                    : default;
                return refusal?.Problem();
            });
    }

    private ShareLinkRequest Asked(CreateShareLinkInput input, KeptPassphrase? passphrase) => new(
        new AssetId(input.AssetId),
        input.AssetVersionId is { } version ? new AssetVersionId(version) : null,
        input.ExpiresAt is { } end ? end - clock.GetUtcNow() : CreateShareLink.DefaultLifetime,
        new ShareLinkSettings(
            input.AllowComments, input.AllowDownload, input.RequireSignIn, input.MaxOpens, input.Notify, input.Label,
            ShareLinkEnds.Addresses(input.GuestEmails)),
        passphrase);
}
