using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Foundation.Contract;

/// <summary>The OpenAPI document: the same for everybody, so anybody may read it and keep it.</summary>
public sealed class ApiDocumentFunction
{
    [Function("ReadApiDocument")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Read this OpenAPI document", Returns = typeof(JsonObject), IsTagged = true)]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/openapi.json")] HttpRequest request) =>
        new CachedBytes(ApiDocument.Current.Bytes, "application/json; charset=utf-8", ApiDocument.Current.Tag);
}
