using System.Globalization;
using System.Text;

namespace Portal.Tests.Staging;

/// <summary>What <c>--help</c> prints.</summary>
internal static class StagingHelp
{
    public static string Text()
    {
        var text = new StringBuilder("""
            Checks a portal that is deployed, over HTTP alone, and prints a report in Markdown to attach to a review.

            dotnet run --project tests/staging -- <check> --base <url> [options]


            """);
        foreach (var check in StagingCheck.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {check.Name}\n      {check.Shows}\n      Needs {Needs(check)}.\n");
            text.Append(check.Burden.Length > 0 ? $"      Burdens others: {check.Burden}.\n" : "");
        }

        return text.Append(CultureInfo.InvariantCulture, $"""
              {StagingArguments.Everything}
                  All of them, one after the other, in one report.

              --base <url>       of the portal; http goes to this machine alone
              --file <mp4>       a small video: it is uploaded into a project of its own, and the report says which asset it became
              --asset <id>       a video that is ready, instead of uploading one
              --origin <origin>  of the portal's pages: one of Http:AllowedOrigins
              --key <id=file>    a public key of the audit log (PEM), from its keeper; may be repeated. Without one the keys in the export
                                 are taken, which prove that it is whole, not who sealed it
              --playbacks-per-minute <n>, --failed-attempts-per-minute <n>
                                 what the portal has as Limits:PlaybacksPerMinute and Limits:FailedAttemptsPerMinute, where it is not 100
                                 and 20
              --report <file>    writes the report there too
              --yes              before what burdens others

            Secrets come from the environment:

              {StagingMissing.Session}            session token of an Admin of a test tenant
              {StagingMissing.Operator}           session token of an Operator
              …{StagingMissing.CommandSuffix}                         of either name: a command (sh) that prints a fresh token, asked
                                                again before the last one ends. At Clerk:
                                                curl -sX POST -H "Authorization: Bearer $CLERK_SECRET_KEY" \
                                                  https://api.clerk.com/v1/sessions/<session id>/tokens | jq -r .jwt
                                                On a laptop: dotnet run --project infra/local -- token admin
              {StagingMissing.MuxSecret}         what the portal has as Mux:WebhookSecret

            It ends with 0 when every line of the report holds, with 1 when one does not, and with 2 when something is missing. The clock
            of this machine must be right to a few seconds. Links that it makes are revoked at the end.

            """).ToString();
    }

    private static string Needs(StagingCheck check)
    {
        (StagingNeeds Need, string Words)[] words =
        [
            (StagingNeeds.Session, StagingMissing.Session), (StagingNeeds.Operator, StagingMissing.Operator),
            (StagingNeeds.MuxSecret, StagingMissing.MuxSecret), (StagingNeeds.Video, "--file or --asset"),
            (StagingNeeds.Origin, "--origin"), (StagingNeeds.Consent, "--yes"),
        ];
        return string.Join(", ", words.Where(each => check.Needs.HasFlag(each.Need)).Select(each => each.Words));
    }
}
