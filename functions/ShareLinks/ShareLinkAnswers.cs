using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Portal.Db;
using Portal.Functions.Http;
using Portal.ShareLinks;

namespace Portal.Functions.ShareLinks;

/// <summary>Adds a link's token and address to an answer. They are made again from the row, so a repeated request gets the same ones.</summary>
public sealed class ShareLinkAnswers(ShareLinkStore links, ShareTokens tokens, IOptions<ShareLinkOptions> options)
{
    public async Task<IResult> WithTokenAsync(HttpRequest request, Reply reply)
    {
        var caller = request.HttpContext.Caller();
        var id = new ShareLinkId(reply.Body!["id"]!.GetValue<Guid>());
        if (await links.FindAsync(caller.Tenant, caller, id, request.HttpContext.RequestAborted) is not { } link)
        {
            return Problem.NotFound("share link");
        }

        var token = tokens.Make(link.Id, link.Generation, link.TokenKid);
        var body = reply.Body.DeepClone().AsObject();
        body["token"] = token;
        body["url"] = options.Value.PageUrl.Length > 0 ? options.Value.PageUrl + token : null;
        return reply with { Body = body };
    }
}
