using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.Foundation.Audit;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Tests.Support;

namespace Portal.Tests.Unit.Compliance;

/// <summary>What a certificate says was done, of whom, and who opens it.</summary>
public sealed class ErasureCertificateTests : IDisposable
{
    private static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-7111-8111-111111111111"));
    private static readonly Guid Subject = Guid.Parse("22222222-2222-7222-8222-222222222222");
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly TestClock clock = new();
    private readonly AuditKeys keys;
    private readonly ErasureCertificates certificates;

    public ErasureCertificateTests()
    {
        keys = new(Options.Create(new AuditOptions
        {
            CurrentKey = "a1",
            Keys = { ["a1"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())) },
        }));
        certificates = new(keys, Hash(1), clock);
    }

    public void Dispose() => key.Dispose();

    [Fact]
    public void It_is_signed_over_its_very_bytes_and_names_times_to_the_millisecond()
    {
        clock.Advance(TimeSpan.FromTicks(12_345));
        var stored = certificates.Make(Request(SubjectKind.Person));
        Assert.True(AuditKeys.IsSigned(keys.Public["a1"], Encoding.UTF8.GetBytes(stored.Document), stored.Signature));
        var certificate = ErasureCertificates.Read(stored.Document);
        var completed = TestClock.DefaultStart.AddMilliseconds(1);
        Assert.Equal(("a1", completed, completed), (stored.KeyId, stored.CreatedAt, certificate.CompletedAt));
        Assert.Equal((1, Tenant.Value, "keep"), (certificate.Format, certificate.TenantId, certificate.Comments));
        Assert.Equal(completed.AddDays(7), certificate.BackupsUntil);
        Assert.Equal(
            ["Clerk", "Resend", "Mux", "Vercel Blob", "PagerDuty", "Neon"], certificate.Processors.Select(processor => processor.Name));
        Assert.All(certificate.Processors, processor => Assert.NotEmpty(processor.Did));
        Assert.All(certificate.Processors.Skip(1), processor => Assert.NotEmpty(processor.Holds!));
    }

    [Theory]
    [InlineData(SubjectKind.Person, "22222222-2222-7222-8222-222222222222")]
    [InlineData(SubjectKind.Tenant, "11111111-1111-7111-8111-111111111111")]
    public void A_person_and_a_tenant_are_named_by_their_ids(string kind, string id)
    {
        var certificate = ErasureCertificates.Read(certificates.Make(Request(kind)).Document);
        Assert.Equal(new ErasedSubject(kind, Guid.Parse(id), "hash"), certificate.Subject);
    }

    [Theory]
    [InlineData("user_deleted", 0, "the user was deleted", "its log of webhooks")]
    [InlineData("user_deleted", 1, "the user was deleted", "the invitations to the address")]
    [InlineData("membership_deleted", 0, "the membership was deleted; the user is a member of other organizations", "its log of webhooks")]
    [InlineData("not_there", 0, "nothing was there any more", "its log of webhooks")]
    [InlineData("not_asked", 0, "nothing was asked: a guest has no account", null)]
    [InlineData("not_asked", 1, "nothing was asked: a guest has no account", "the invitations to the address")]
    public void What_was_done_at_Clerk_is_said_and_what_it_still_holds(string clerk, int invites, string did, string? holds)
    {
        var processors = ErasureCertificates.Read(certificates.Make(Request(
            SubjectKind.Person, new ErasureSteps { Clerk = clerk, Rows = new() { ["invites"] = invites } })).Document).Processors;
        Assert.Equal(did, processors[0].Did);
        Assert.StartsWith(holds ?? "", processors[0].Holds ?? "", StringComparison.Ordinal);
        Assert.Equal(holds is null, processors[0].Holds is null);
    }

    [Fact]
    public void Of_a_tenant_it_counts_what_was_deleted_elsewhere()
    {
        var processors = ErasureCertificates.Read(certificates.Make(Request(SubjectKind.Tenant)).Document).Processors;
        Assert.Contains("of its people 5 were deleted, 6 are members of other", processors[0].Did, StringComparison.Ordinal);
        Assert.StartsWith("1 assets were deleted", processors[2].Did, StringComparison.Ordinal);
        Assert.EndsWith("uploads that waited for a file were cancelled", processors[2].Did, StringComparison.Ordinal);
        Assert.Contains("(2 without an asset)", processors[2].Holds, StringComparison.Ordinal);
        Assert.Contains("statistics of viewing for up to 100 days", processors[2].Holds, StringComparison.Ordinal);
        Assert.Equal(
            ("files of 3 originals and 4 copies of data were deleted", "the archive of the audit log, by ids"),
            (processors[3].Did, processors[3].Holds));
        Assert.Equal(["Clerk", "Resend", "Mux", "Vercel Blob", "PagerDuty", "Neon"], processors.Select(processor => processor.Name));
    }

    [Fact]
    public void Comments_are_kept_or_deleted_as_it_was_asked()
    {
        var steps = new ErasureSteps { Rows = new() { ["comments"] = 3, ["users"] = 1, ["audit_log"] = 9 } };
        var kept = TablePlans.Erased(SubjectKind.Person, false, steps.Rows).ToDictionary(data => data.Table);
        Assert.Equal(("kept", null), (kept["comments"].Did, kept["comments"].Rows));
        Assert.Equal(("replaced", 1L), (kept["users"].Did, kept["users"].Rows));
        Assert.Equal(("deleted", 0L), (kept["digests"].Did, kept["digests"].Rows));
        Assert.Equal(("kept", null), (kept["audit_log"].Did, kept["audit_log"].Rows));
        Assert.False(kept.ContainsKey("restore_tests"));
        var removed = TablePlans.Erased(SubjectKind.Person, true, steps.Rows).ToDictionary(data => data.Table);
        Assert.Equal(new ErasedData("comments", "deleted", 3, null), removed["comments"]);
        Assert.Equal(kept["users"], removed["users"]);
    }

    [Fact]
    public void A_code_is_of_one_erasure_and_of_our_key()
    {
        var erasure = Guid.NewGuid();
        var code = certificates.CodeOf(erasure);
        Assert.Equal(erasure, certificates.ErasureOf(code));
        var another = certificates.CodeOf(Guid.NewGuid());
        Assert.NotEqual(code, another);

        // What vouches for one id vouches for no other.
        Assert.Null(certificates.ErasureOf(another[..21] + code[21..]));
        Assert.Null(certificates.ErasureOf(code[..^2] + (code[^2] == 'A' ? "BA" : "AA")));
        Assert.Null(new ErasureCertificates(keys, Hash(2), clock).ErasureOf(code));
    }

    [Fact]
    public void Of_two_runs_of_a_step_the_one_that_saw_more_counts()
    {
        ErasedAtMux less = new(1, 9), more = new(2, 0);
        Assert.Same(less, ErasureSteps.More(null, less, mux => mux.Assets));
        Assert.Same(more, ErasureSteps.More(less, more, mux => mux.Assets));
        Assert.Same(more, ErasureSteps.More(more, less, mux => mux.Assets));
        Assert.Same(more, ErasureSteps.More(more, more with { Uploads = 1 }, mux => mux.Assets));
        Assert.Equal(new(1, 2), ErasedAtBlob.Most(null, new(1, 2)));
        Assert.Equal(new(3, 2), ErasedAtBlob.Most(new(3, 1), new(1, 2)));
    }

    [Theory]
    [InlineData(null, "comments (2)")]
    [InlineData("not_asked", "comments (2)")]
    [InlineData("not_there", "what Clerk held, comments (2)")]
    [InlineData("user_deleted", "what Clerk held, comments (2)")]
    public void What_is_gone_already_is_told_in_words(string? clerk, string gone) => Assert.Equal(
        gone, string.Join(", ", new ErasureSteps { Clerk = clerk, Rows = new() { ["tasks"] = 0, ["comments"] = 2 } }.Gone));

    private static PersonalHash Hash(byte of) =>
        new(Options.Create(new PrivacyOptions { HashKey = Convert.ToBase64String(Enumerable.Repeat(of, 32).ToArray()) }));

    private static ErasureRequest Request(string kind, ErasureSteps? done = null) => new(
        Guid.NewGuid(), Tenant, kind, Subject, ErasureStatus.Running, ErasedComments.Keep, null, "hash", [], null, null, 1, null,
        TestClock.DefaultStart, TestClock.DefaultStart, TestClock.DefaultStart, TestClock.DefaultStart, null, 1,
        JsonSerializer.Serialize(
            done ?? new ErasureSteps
            {
                Clerk = AtClerk.UserDeleted,
                Mux = new(1, 2),
                Blob = new(3, 4),
                Organization = new(5, 6),
            }, JsonSerializerOptions.Web),
        null, null);
}
