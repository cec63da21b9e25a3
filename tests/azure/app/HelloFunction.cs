using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Portal.Tests.SampleApp;

public static class HelloFunction
{
    [Function("Hello")]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "hello")] HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Results.Text("hello");
    }
}
