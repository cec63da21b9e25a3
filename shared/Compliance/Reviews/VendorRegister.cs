namespace Portal.Compliance.Reviews;

/// <summary>What a vendor is called on the wire and in rows, whatever it calls itself.</summary>
public static class VendorKey
{
    public const string Neon = "neon";
    public const string AzureFunctions = "azure_functions";
    public const string VercelBlob = "vercel_blob";
    public const string Mux = "mux";
    public const string Clerk = "clerk";
    public const string Resend = "resend";
    public const string PagerDuty = "pagerduty";
}

/// <summary>Who answers for a vendor at whoever runs the portal.</summary>
public static class VendorOwner
{
    /// <summary>Those who keep the portal running.</summary>
    public const string Operations = "operations";

    /// <summary>Those who answer for accounts and addresses.</summary>
    public const string Security = "security";
}

/// <summary>A vendor that data of tenants is with.</summary>
/// <param name="Agreement">What it has promised to do with the data, and where that stands.</param>
/// <param name="Owner">One of <see cref="VendorOwner"/>.</param>
public sealed record RegisteredVendor(string Key, Processor Processor, string Agreement, string Owner)
{
    /// <summary>The classes of data that it holds, as the residency report names them.</summary>
    public IReadOnlyList<string> Classes { get; } =
        [.. DataClasses.All.Where(of => of.Holders.Contains(Processor.Name)).Select(of => of.Name)];
}

/// <summary>
/// Every vendor of the portal, the same for all tenants. What each does, where, and with which data is what <see cref="DataClasses"/>
/// declares; a test holds the two to each other, so that no vendor is used undeclared or reviewed in vain.
/// </summary>
public static class VendorRegister
{
    public static IReadOnlyList<RegisteredVendor> All { get; } =
    [
        Of(VendorKey.Neon, DataClasses.Neon, "Data processing addendum to Neon's terms", VendorOwner.Operations),
        Of(
            VendorKey.AzureFunctions, DataClasses.Azure, "Microsoft's data protection addendum to its product terms",
            VendorOwner.Operations),
        Of(VendorKey.VercelBlob, DataClasses.Blob, "Data processing addendum to Vercel's terms", VendorOwner.Operations),
        Of(VendorKey.Mux, DataClasses.Mux, "Data processing addendum to Mux's terms", VendorOwner.Operations),
        Of(VendorKey.Clerk, DataClasses.Clerk, "Data processing addendum to Clerk's terms", VendorOwner.Security),
        Of(VendorKey.Resend, DataClasses.Resend, "Data processing addendum to Resend's terms", VendorOwner.Security),
        Of(VendorKey.PagerDuty, DataClasses.PagerDuty, "Data processing addendum to PagerDuty's terms", VendorOwner.Operations),
    ];

    private static RegisteredVendor Of(string key, string processor, string agreement, string owner) =>
        new(key, DataClasses.Processors.Single(p => p.Name == processor), agreement, owner);
}
