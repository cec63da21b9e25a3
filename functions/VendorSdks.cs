using System.Reflection;

namespace Portal.Functions;

/// <summary>Whose Mux.Csharp.Sdk and Resend this app was built with: the vendors' (<c>-p:VendorSdks=nuget</c>) or the stand-ins.</summary>
public static class VendorSdks
{
    public static bool AreStandIns { get; } = typeof(VendorSdks).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(entry => entry.Key == "VendorSdks").Value != "nuget";

    /// <remarks>
    /// To standard error and not to a logger: the Functions host drops what a worker logs outside an invocation, but logs each line of its
    /// standard error, as a warning where the line says "warn".
    /// </remarks>
    public static void WarnOfStandIns(TextWriter standardError)
    {
        if (AreStandIns)
        {
            standardError.WriteLine(
                "warning: this app was built with stand-ins for Mux.Csharp.Sdk and Resend; production needs -p:VendorSdks=nuget");
        }
    }
}
