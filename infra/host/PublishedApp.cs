using System.Diagnostics;
using Portal.Host.Worker;

namespace Portal.Host;

/// <summary>The app as it is deployed: what <c>dotnet publish functions -c Release</c> makes of the checkout.</summary>
public static class PublishedApp
{
    private const string Assembly = "Portal.Functions.dll";

    /// <summary>Publishes, or finds that nothing has changed since.</summary>
    /// <param name="checkout">The folder of <c>Functions.sln</c>.</param>
    /// <param name="folder">Where the app goes.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>Path of the app's assembly.</returns>
    /// <exception cref="Worker.WorkerExitedException">It does not build; the message holds what the compiler said.</exception>
    public static async Task<string> MakeAsync(string checkout, string folder, CancellationToken ct)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            WorkingDirectory = checkout,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "publish", "functions", "-c", "Release", "-o", folder, "-v", "quiet", "-nologo" })
        {
            start.ArgumentList.Add(argument);
        }

        using var publish = Process.Start(start)!;
        var said = await Task.WhenAll(publish.StandardOutput.ReadToEndAsync(ct), publish.StandardError.ReadToEndAsync(ct));
        await publish.WaitForExitAsync(ct);
        return publish.ExitCode == 0
            ? Path.Combine(folder, Assembly)
            : throw new WorkerExitedException($"The app cannot be published:{Environment.NewLine}{string.Concat(said).Trim()}");
    }
}
