using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Operations.Page;

/// <summary>What the forms of the overview have in common.</summary>
internal static class OpsForm
{
    /// <summary>What whoever gives no reason, or none that is one, is told.</summary>
    public static string SayWhy { get; } = $"Say why, in 1 to {ReasonInput.Longest} characters: the reason goes into the audit log.";

    /// <summary>A reason of one line, as the audit log takes it.</summary>
    public static bool IsReason(string reason) => reason.Length is > 0 and <= ReasonInput.Longest && !reason.Any(char.IsControl);

    public static HtmlPage NotDone(string text, int status) => new(OpsLayout.Message("Not done", text), status);
}
