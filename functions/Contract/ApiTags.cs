using System.Globalization;
using System.Text.RegularExpressions;

namespace Portal.Functions.Contract;

/// <summary>The features as the document groups them: a folder of functions is a tag.</summary>
public static partial class ApiTags
{
    /// <summary>One sentence each; a test names a folder that has none.</summary>
    public static IReadOnlyDictionary<string, string> Descriptions { get; } = new Dictionary<string, string>
    {
        ["Analytics"] = "What happened, counted by hour, day and month.",
        ["Assets"] = "Videos with their versions, and playing them as a member.",
        ["Audit"] = "Who did what: reading, exporting and checking the log that nobody can change.",
        ["Comments"] = "Threads on a version, placed by frame.",
        ["Contract"] = "This document, and a page to read it on.",
        ["Deliveries"] = "What was sent because of events, for people on call, and the way out of mails.",
        ["Health"] = "Whether the app runs and can do its work.",
        ["Invites"] = "Inviting people into the portal, by an e-mail that Clerk sends.",
        ["Milestones"] = "The steps of a project.",
        ["Notifications"] = "What a person has been told, and has read.",
        ["Operations"] = "For people on call: across tenants, by ids and states.",
        ["Projects"] = "What people work on; everything else hangs off a project.",
        ["Residency"] = "Weekly evidence of where a tenant's data is kept, by whom, and how much of it there is.",
        ["ShareLinks"] = "Sharing a video with guests under control, and what a guest may do with the link.",
        ["Tasks"] = "What is to be done, by whom and until when; what waits for what.",
        ["Templates"] = "Milestones with their tasks, dated relative to a start, to seed projects from.",
        ["Tenancy"] = "The portal of an organization: setting it up, its branding and compliance settings.",
        ["Uploads"] = "Getting a video from a browser to Mux, and following it until it is ready.",
        ["Users"] = "The people of a portal, their roles, and one's own profile.",
        ["Webhooks"] = "What vendors call. They prove themselves with a signature over the raw body.",
    };

    /// <summary>ShareLinks → Share links.</summary>
    public static string NameOf(string feature)
    {
        var words = Hump().Replace(feature, " $1").ToLower(CultureInfo.InvariantCulture).Trim();
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    [GeneratedRegex("([A-Z])")]
    private static partial Regex Hump();
}
