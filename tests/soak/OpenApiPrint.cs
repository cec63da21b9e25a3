using Portal.Functions.Foundation.Contract;

namespace Portal.Tests.Soak;

/// <summary>Prints the OpenAPI document without starting the app, for linters and generators.</summary>
public static class OpenApiPrint
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(ApiDocument.Current.Bytes);
        return 0;
    }
}
