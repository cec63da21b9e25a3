using System.Collections.Concurrent;
using Portal.LocalVendors;

namespace Portal.Tests.Soak.Fire;

/// <summary>
/// Sets the vendors on fire: a share of Resend's calls goes wrong, before or after the mail is taken, and every webhook comes twice. About
/// one call in seven, so that the odds of eight failures in a row, after which a mail is rightly given up, are about one in a million.
/// </summary>
public sealed class VendorFire(LivePortal portal, int seed)
{
    private const string TooMany = """{"statusCode":429,"name":"rate_limit_exceeded","message":"Too many requests."}""";

    private readonly Random random = new(seed);
    private readonly ConcurrentDictionary<string, int> lit = [];

    public IReadOnlyDictionary<string, int> Lit => lit;

    /// <param name="silences">Now and then no answer at all: each costs the app's whole timeout.</param>
    public void Light(bool silences)
    {
        portal.Mux.Faults.DuplicateWebhooks = portal.Clerk.Faults.DuplicateWebhooks = portal.Resend.Faults.DuplicateWebhooks = true;
        Before("500", 0.03, ApiFault.Status(500));
        Before("429", 0.03, ApiFault.Status(429, TooMany, retryAfterSeconds: 1));
        Before("cut before", 0.02, ApiFault.ConnectionAbort);
        After("cut after", 0.04, ApiFault.ConnectionAbort);
        After("500 after", 0.02, ApiFault.Status(500));
        After("garbage after", 0.01, ApiFault.Garbage);
        if (silences)
        {
            After("silence after", 0.002, ApiFault.NeverAnswers);
        }
    }

    private void Before(string name, double share, ApiFault fault) =>
        portal.Resend.Faults.FailNextApiCalls(int.MaxValue, fault, Hits(name, share));

    private void After(string name, double share, ApiFault fault) =>
        portal.Resend.Faults.FailNextAfterEffect(int.MaxValue, fault, Hits(name, share));

    // Asked behind the faults' lock, one call at a time.
    private Func<string, string, bool> Hits(string name, double share) => (method, path) =>
    {
        var hit = method == "POST" && path.StartsWith("/emails", StringComparison.Ordinal) && random.NextDouble() < share;
        if (hit)
        {
            lit.AddOrUpdate(name, 1, (_, times) => times + 1);
        }

        return hit;
    };
}
