using System.Diagnostics;
using System.Reflection;
using Portal.Functions;

namespace Portal.Tests.Unit.Infra.Deployment;

/// <summary>An app with stand-ins says so where a host sees it.</summary>
public sealed class VendorSdksTests
{
    [Fact]
    public void The_app_knows_whose_sdks_it_was_built_with()
    {
        var standIns = new[] { "Mux.Csharp.Sdk", "Resend" }.Select(sdk => Assembly.Load(sdk)
            .GetCustomAttributes<AssemblyMetadataAttribute>().Any(entry => entry is { Key: "StandIn", Value: "true" }));
        Assert.All(standIns, standIn => Assert.Equal(VendorSdks.AreStandIns, standIn));
    }

    [Fact]
    public async Task The_app_warns_of_stand_ins_when_it_starts()
    {
        // Without the arguments that a host gives it, it ends at once: after the warning.
        var start = new ProcessStartInfo("dotnet", [Path.ChangeExtension(typeof(PortalApp).Assembly.Location, ".dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;

        var warnings = error.Split('\n').Where(line => line.StartsWith("warning: ", StringComparison.Ordinal));
        Assert.Equal(VendorSdks.AreStandIns ? 1 : 0, warnings.Count(line => line.Contains("stand-ins", StringComparison.Ordinal)));
    }
}
