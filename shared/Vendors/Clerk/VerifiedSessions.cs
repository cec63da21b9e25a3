using System.Collections.Concurrent;

namespace Portal.Vendors.Clerk;

/// <summary>A session that was verified, and the times it is good for.</summary>
public sealed record VerifiedSession(ClerkSession Session, DateTime? Expires, DateTime? NotBefore, DateTimeOffset VerifiedAt);

/// <summary>
/// Sessions whose signature was found good within the last minute, by their whole token: a page makes a dozen requests with one token, and
/// checking a signature costs more than the query behind it. A key that Clerk withdraws is believed for that minute longer.
/// </summary>
public sealed class VerifiedSessions(TimeProvider clock)
{
    private const int Most = 5000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, VerifiedSession> sessions = new(StringComparer.Ordinal);

    public VerifiedSession? Find(string token) =>
        sessions.TryGetValue(token, out var known) && clock.GetUtcNow() - known.VerifiedAt < Kept ? known : null;

    public void Add(string token, VerifiedSession session)
    {
        if (sessions.Count >= Most)
        {
            var now = clock.GetUtcNow();
            foreach (var (old, _) in sessions.Where(s => now - s.Value.VerifiedAt >= Kept))
            {
                sessions.TryRemove(old, out _);
            }

            // Still full: starting over costs signatures, not correctness.
            if (sessions.Count >= Most)
            {
                sessions.Clear();
            }
        }

        sessions[token] = session;
    }
}
