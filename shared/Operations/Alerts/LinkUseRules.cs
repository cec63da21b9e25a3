using Portal.Foundation.Alerts;

namespace Portal.Operations.Alerts;

/// <summary>What is unusual in the use of share links: allowed, each request by itself, and somebody's business all the same.</summary>
public static class LinkUseRules
{
    /// <summary>For how long back the links of an address count.</summary>
    public static readonly TimeSpan OfAddress = TimeSpan.FromMinutes(10);

    /// <summary>For how long back the addresses of a link count.</summary>
    public static readonly TimeSpan OfLink = TimeSpan.FromHours(1);

    /// <summary>Every kind that this raises, and so ends.</summary>
    public static IReadOnlyList<AlertKind> Kinds { get; } = [AlertKind.AddressWithManyLinks, AlertKind.LinkWithManyAddresses];

    public static Alert Of(LinkUse use) => use.What switch
    {
        "address" => new(
            AlertKind.AddressWithManyLinks, use.Subject,
            $"One address asked for {use.Number} share links within {OfAddress.TotalMinutes:0} minutes.",
            new { ipHash = use.Subject, links = use.Number }),
        "link" => new(
            AlertKind.LinkWithManyAddresses, use.Subject,
            $"Share link {use.Subject} of tenant {use.TenantId} was opened from {use.Number} addresses within an hour.",
            new { shareLinkId = use.Subject, tenantId = use.TenantId, addresses = use.Number }),
        _ => throw new InvalidOperationException($"A use of share links that nobody knows: {use.What}."),
    };
}
