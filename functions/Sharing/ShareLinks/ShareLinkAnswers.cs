using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http;
using Portal.Sharing.ShareLinks;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>
/// Adds to an answer what is not kept with it: a link's token and address, and whom it was addressed to. All are made again from the
/// rows, so a repeated request gets the same ones.
/// </summary>
public sealed class ShareLinkAnswers(ShareLinkStore links, ShareTokens tokens, IOptions<ShareLinkOptions> options)
{
    public async Task<IResult> WithTokenAsync(HttpRequest request, Reply reply)
    {
        if (await FindAsync(request, reply) is not { } link)
        {
            return Problem.NotFound("share link");
        }

        var body = WithGuests(reply, link);
        var token = tokens.Make(link.Id, link.Generation, link.TokenKid);
        body["token"] = token;
        body["url"] = UrlOf(token);
        return reply with { Body = body };
    }

    /// <summary>A link as those read it who may manage it, with the address to hand on.</summary>
    public ShareLinkJson Managed(ShareLink link)
    {
        var token = tokens.Make(link.Id, link.Generation, link.TokenKid);
        return ShareLinkJson.From(link) with { Token = token, Url = UrlOf(token) };
    }

    public async Task<IResult> WithGuestsAsync(HttpRequest request, Reply reply) =>
        await FindAsync(request, reply) is { } link ? reply with { Body = WithGuests(reply, link) } : Problem.NotFound("share link");

    public AddressedLinkJson Addressed(AddressedLink l)
    {
        var token = tokens.Make(l.Id, l.Generation, l.TokenKid);
        return new(
            l.Id.Value, l.ProjectId.Value, l.Title, l.VersionNumber, l.ExpiresAt, l.AllowComments, l.AllowDownload, l.HasPassphrase,
            l.CreatedAt, token, UrlOf(token));
    }

    private static System.Text.Json.Nodes.JsonObject WithGuests(Reply reply, ShareLink link)
    {
        var body = reply.Body!.DeepClone().AsObject();
        body["guestEmails"] = JsonSerializer.SerializeToNode(link.GuestEmails);
        return body;
    }

    private string UrlOf(string token) => options.Value.PageUrl + token;

    private async Task<ShareLink?> FindAsync(HttpRequest request, Reply reply)
    {
        var caller = request.HttpContext.Caller();
        return await links.FindAsync(
            caller.Tenant, caller, new ShareLinkId(reply.Body!["id"]!.GetValue<Guid>()), request.HttpContext.RequestAborted);
    }
}
