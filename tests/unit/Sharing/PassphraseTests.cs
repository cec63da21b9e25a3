using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Portal.Foundation.Faults;
using Portal.Sharing;
using Portal.Sharing.ShareLinks;

namespace Portal.Tests.Unit.Sharing;

/// <summary>How the app keeps passphrases. Other tests have theirs remembered.</summary>
public sealed class PassphraseTests
{
    private const string Passphrase = "rough cut of June";

    [Fact]
    public async Task One_is_kept_as_a_slow_hash_with_a_salt_of_its_own_and_nothing_else_is_valid()
    {
        await using var provider = new ServiceCollection().AddSharing().BuildServiceProvider();
        var passphrases = provider.GetRequiredService<Passphrases>();
        var (kept, again) = (await KeepAsync(passphrases), await KeepAsync(passphrases));

        // What OWASP asks of PBKDF2 with SHA-256.
        Assert.Equal(600_000, kept.Iterations);
        Assert.Equal((32, 16), (kept.Hash.Length, kept.Salt.Length));
        Assert.NotEqual(kept.Salt, again.Salt);
        Assert.NotEqual(kept.Hash, again.Hash);
        Assert.True(passphrases.IsValid(Passphrase, kept));
        Assert.False(passphrases.IsValid("rough cut of July", kept));
        Assert.False(passphrases.IsValid(Passphrase, kept with { Salt = again.Salt }));
    }

    [Fact]
    public async Task Half_of_the_cores_work_on_them_sixteen_wait_and_the_rest_come_back_later()
    {
        Assert.Equal(Passphrases.TurnsOf(Environment.ProcessorCount), Passphrases.AtOnce);
        var passphrases = new Passphrases(new PassphraseHash());
        var held = new List<RateLimitLease>();
        for (var i = 0; i < Passphrases.AtOnce; i++)
        {
            held.Add(await passphrases.TakeTurnAsync(default));
        }

        var waiting = Enumerable.Range(0, 16).Select(_ => passphrases.TakeTurnAsync(default).AsTask()).ToList();
        Assert.Equal(16, passphrases.Waiting);
        var busy = (await passphrases.KeepAsync(Passphrase, default)).Match(_ => null!, refusal => refusal);
        Assert.Equal(new Refusal.Unavailable(5, "Many passphrases are being checked just now."), busy);

        held.ForEach(turn => turn.Dispose());
        Assert.True((await await Task.WhenAny(waiting)).IsAcquired);
        passphrases.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await passphrases.TakeTurnAsync(default));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(8, 4)]
    public void Half_of_the_cores_is_one_at_least(int cores, int atOnce) => Assert.Equal(atOnce, Passphrases.TurnsOf(cores));

    private static async Task<KeptPassphrase> KeepAsync(Passphrases passphrases) =>
        (await passphrases.KeepAsync(Passphrase, CancellationToken.None)).Match(kept => kept, _ => throw new InvalidOperationException());
}
