using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Portal.Tests.Integration.Infra.Runtime;

public static class KeySamples
{
    [Function("Open")]
    public static IResult Open([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text("open");

    [Function("Shared")]
    public static IResult Shared(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "shared/{token}")] HttpRequest request,
        string token) => Results.Text(token);

    [Function("Keyed")]
    public static IResult Keyed([HttpTrigger(AuthorizationLevel.Function, "get")] HttpRequest request) => Results.Text("keyed");

    [Function("SystemKeyed")]
    public static IResult SystemKeyed([HttpTrigger(AuthorizationLevel.System, "get")] HttpRequest request) => Results.Text("system");

    [Function("MasterKeyed")]
    public static IResult MasterKeyed([HttpTrigger(AuthorizationLevel.Admin, "get")] HttpRequest request) => Results.Text("admin");

    // Says no level: on Azure that means a function key.
    [Function("Unsaid")]
    public static IResult Unsaid([HttpTrigger("get")] HttpRequest request) => Results.Text("unsaid");
}
