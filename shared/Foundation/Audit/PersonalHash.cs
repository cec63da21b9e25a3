using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Portal.Foundation.Limits;

namespace Portal.Foundation.Audit;

/// <summary>
/// Stands in for a name or an address where rows outlive the person (audit, events): the same value gives the same hash, so that a
/// change can be proved, and without the key nobody can try out guesses.
/// </summary>
public sealed class PersonalHash(IOptions<PrivacyOptions> options)
{
    private readonly byte[] key = Convert.FromBase64String(options.Value.HashKey);

    /// <summary>Letter case and spaces around do not count: addresses are compared without them.</summary>
    public string? Of(string? value) => value is null
        ? null
        : Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"personal\n{value.Trim().ToLowerInvariant()}")));
}
