using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Foundation;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Operations.Page;

/// <summary>A page of the playbook, for whoever is on call.</summary>
public sealed class OpsRunbookPage
{
    [Function("OpsRunbookPage")]
    [Allows(PortalAction.UseOpsPage)]
    public IResult Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/runbooks/{*page}")] HttpRequest request, string? page) =>
        string.IsNullOrEmpty(page) ? Answers.SeeOther(Runbooks.Home)
        : Runbooks.Find(page) is var (title, text)
            ? new HtmlPage(OpsLayout.Page(title, Html.Of($"""
                <p class="crumbs"><a href="/ops">Now</a> / <a href="{Runbooks.Home}">runbooks</a></p>
                <article class="runbook">{text}</article>
                """), request.FormToken(), here: Runbooks.AddressOf(page)))
            : new HtmlPage(OpsLayout.Message("Not found", "There is no such runbook."), StatusCodes.Status404NotFound);
}
