using Portal.Host;
using Portal.Postgres;

namespace Portal.Tests.Support.AsAzure;

/// <summary>The apps as the build of tests/azure publishes them, and storage for them.</summary>
public static class Published
{
    public static string Portal { get; } = App("portal", "Portal.Functions.dll");

    public static string Sample { get; } = App("sample", "Portal.Tests.SampleApp.dll");

    /// <summary>Azurite of its own, in memory; the package is fetched once for the checkout.</summary>
    public static Task<Azurite> StorageAsync() =>
        Azurite.StartAsync(
            Path.Combine(
                Checkout.Require(), ".portal", "azurite"), data: null, new Progress<string>(Console.Error.WriteLine),
                CancellationToken.None);

    /// <summary>Of the configuration that this program was built in.</summary>
    private static string App(string folder, string assembly)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var path = Path.Combine(Checkout.Require(), "tests", "azure", "bin", output.Parent!.Name, output.Name, folder, assembly);
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is missing: build tests/azure.");
    }
}
