namespace Portal.Tests.Staging;

/// <summary>What the chosen checks need and were not given, each with the way to get it; all at once, so that nobody asks twice.</summary>
internal static class StagingMissing
{
    public const string Session = "PORTAL_STAGING_SESSION";
    public const string Operator = "PORTAL_STAGING_OPERATOR";
    public const string MuxSecret = "PORTAL_STAGING_MUX_SECRET";
    public const string CommandSuffix = "_COMMAND";

    public static IEnumerable<string> Of(StagingArguments arguments, StagingWorld world)
    {
        var needs = arguments.Checks.Aggregate(StagingNeeds.Nothing, (all, check) => all | check.Needs);
        if (needs.HasFlag(StagingNeeds.Session) && !HasSession(world, Session))
        {
            yield return $"{Session} is not set: the session token of an Admin of a test tenant. {HowToGetOne(Session)}";
        }

        if (needs.HasFlag(StagingNeeds.Operator) && !HasSession(world, Operator))
        {
            yield return $"{Operator} is not set: the session token of an Operator. {HowToGetOne(Operator)}";
        }

        if (needs.HasFlag(StagingNeeds.MuxSecret) && string.IsNullOrEmpty(world.Variable(MuxSecret)))
        {
            yield return $"{MuxSecret} is not set: what the portal has as Mux:WebhookSecret (az keyvault secret show …).";
        }

        if (needs.HasFlag(StagingNeeds.Video) && arguments is { Asset: null, File: null })
        {
            yield return "A video is missing: --file with a small MP4 to upload, or --asset with the id of one that is ready "
                + "(GET /api/assets).";
        }

        if (needs.HasFlag(StagingNeeds.Origin) && arguments.Origin is null)
        {
            yield return "--origin is missing: the origin of the portal's pages, one of its setting Http:AllowedOrigins.";
        }

        foreach (var check in arguments.Checks.Where(check => check.Needs.HasFlag(StagingNeeds.Consent) && !arguments.Yes))
        {
            yield return $"{check.Name} burdens others: {check.Burden}. If that may be, add --yes.";
        }
    }

    private static bool HasSession(StagingWorld world, string variable) =>
        !string.IsNullOrEmpty(world.Variable(variable)) || !string.IsNullOrEmpty(world.Variable(variable + CommandSuffix));

    private static string HowToGetOne(string variable) =>
        "Signed in at the portal, the browser's console gives one with await Clerk.session.getToken(). It lives for a minute: for a check "
        + $"that takes longer, set {variable}{CommandSuffix} to a command that prints a fresh one.";
}
