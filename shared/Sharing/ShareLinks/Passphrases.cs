using System.Security.Cryptography;
using System.Threading.RateLimiting;
using Portal.Foundation.Faults;

namespace Portal.Sharing.ShareLinks;

/// <summary>A passphrase as it is kept: PBKDF2-HMAC-SHA256 with a salt of its own.</summary>
public sealed record KeptPassphrase(byte[] Hash, byte[] Salt, int Iterations);

/// <summary>
/// Passphrases of share links. The work factor is kept with each, so that it can grow; 600 000 is what OWASP asks of PBKDF2 with
/// SHA-256. It costs a large part of a second of one core: it is done when a link is made or unlocked, never when it is opened, in no
/// transaction, and on half of the cores at most. Some wait for a turn; the rest are told to come back.
/// </summary>
public sealed class Passphrases(PassphraseHash hash) : IDisposable
{
    public const int Iterations = 600_000;
    public const int MinLength = 8;
    public const int MaxLength = 200;
    public const int MaxWaiting = 16;
    public static readonly int AtOnce = TurnsOf(Environment.ProcessorCount);
    private const int ComeBackSeconds = 5;

    private readonly ConcurrencyLimiter turns = new(
        new() { PermitLimit = AtOnce, QueueLimit = MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    /// <summary>For whoever got no turn.</summary>
    public static Refusal Busy { get; } = new Refusal.Unavailable(ComeBackSeconds, "Many passphrases are being checked just now.");

    /// <summary>How many wait for a turn just now.</summary>
    public long Waiting => turns.GetStatistics()!.CurrentQueuedCount;

    /// <summary>Half of so many cores, and one at least.</summary>
    public static int TurnsOf(int cores) => Math.Max(1, cores / 2);

    /// <summary>To be held while one is derived. Not acquired: too many wait already.</summary>
    public ValueTask<RateLimitLease> TakeTurnAsync(CancellationToken ct) => turns.AcquireAsync(1, ct);

    /// <summary>As it is kept.</summary>
    public async Task<Result<KeptPassphrase>> KeepAsync(string passphrase, CancellationToken ct)
    {
        using var turn = await TakeTurnAsync(ct);
        if (!turn.IsAcquired)
        {
            return Busy;
        }

        var salt = hash.NewSalt();
        return new KeptPassphrase(hash.Derive(passphrase, salt, Iterations), salt, Iterations);
    }

    /// <summary>Takes a turn of whoever asks.</summary>
    public bool IsValid(string passphrase, KeptPassphrase kept) =>
        CryptographicOperations.FixedTimeEquals(hash.Derive(passphrase, kept.Salt, kept.Iterations), kept.Hash);

    public void Dispose() => turns.Dispose();
}
