using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Foundation.Contract.Page;

/// <summary>The OpenAPI document for people.</summary>
public sealed class DocsFunction
{
    [Function("ReadApiDocs")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Read the API documentation as a page", MediaType = "text/html", Returns = typeof(string), IsTagged = true)]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/docs")] HttpRequest request) =>
        new CachedBytes(DocsPage.Current.Bytes, "text/html; charset=utf-8", DocsPage.Current.Tag, DocsPage.Current.Policy);
}
