using System.Text;
using System.Text.Json;
using Portal.Foundation;
using Portal.Foundation.Audit;

namespace Portal.Compliance.Erasure;

/// <summary>Whom a certificate is about: a person or a tenant by their id, a guest by their address, of which only the portal can make
/// the hash.</summary>
public sealed record ErasedSubject(string Who, Guid? Id, string? AddressHash);

/// <summary>A line of a certificate: what became of one kind of data.</summary>
/// <param name="Did">deleted, replaced or kept.</param>
/// <param name="Rows">How many rows were touched; null: they are kept, and nobody counted them.</param>
/// <param name="Why">Of what is kept, why and for how long.</param>
public sealed record ErasedData(string Table, string Did, long? Rows, string? Why);

/// <summary>What a processor was told, and what it still holds.</summary>
public sealed record ErasedAtProcessor(string Name, string Did, string? Holds);

/// <summary>The certificate of an erasure, format 1.</summary>
public sealed record ErasureCertificate(
    int Format, Guid ErasureId, Guid TenantId, ErasedSubject Subject, string Comments, DateTimeOffset RequestedAt,
    DateTimeOffset StartedAt, DateTimeOffset CompletedAt, IReadOnlyList<ErasedData> Data, IReadOnlyList<ErasedAtProcessor> Processors,
    DateTimeOffset BackupsUntil);

/// <summary>
/// Makes certificates, signs them with the key of the audit log, and knows their codes: whoever was erased opens theirs without signing
/// in. A code is made of the erasure's id with the key of personal hashes, so that nothing is stored that opens one.
/// </summary>
public sealed class ErasureCertificates(AuditKeys keys, PersonalHash hash, TimeProvider clock)
{
    private const int Format = 1;

    /// <summary>No vendor has a call that deletes from it.</summary>
    private const string LogOfWebhooks = "its log of webhooks";

    public StoredCertificate Make(ErasureRequest request)
    {
        var now = clock.GetUtcNow();
        var completed = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        var done = ErasureSteps.Read(request.Done);
        var certificate = new ErasureCertificate(
            Format, request.Id, request.TenantId.Value,
            new(request.Kind, request.Kind == SubjectKind.Tenant ? request.TenantId.Value : request.SubjectId, request.AddressHash),
            request.Comments,
            request.RequestedAt, request.StartedAt!.Value, completed, TablePlans.Erased(request.Kind, request.RemovesComments, done.Rows),
            request.Kind == SubjectKind.Tenant ? OfTenant(done) : OfSubject(done),
            completed.AddDays(RetentionDefaults.BackupDays));
        var document = JsonSerializer.Serialize(certificate, JsonSerializerOptions.Web);
        return new(request.Id, request.TenantId, document, keys.CurrentKey, keys.Sign(Message(document)), completed);
    }

    /// <summary>What is signed: the document's UTF-8 bytes.</summary>
    public static byte[] Message(string document) => Encoding.UTF8.GetBytes(document);

    public static ErasureCertificate Read(string document) =>
        JsonSerializer.Deserialize<ErasureCertificate>(document, JsonSerializerOptions.Web)!;

    public string CodeOf(Guid erasure) => SignedIds.Write(erasure, Tag);

    /// <summary>Which erasure a code is of; null: it is no code of ours.</summary>
    public Guid? ErasureOf(string code) => SignedIds.Read(code, Tag);

    private byte[] Tag(byte[] id) => Convert.FromHexString(hash.Of($"erasure certificate {Convert.ToHexStringLower(id)}")!);

    private static IReadOnlyList<ErasedAtProcessor> OfSubject(ErasureSteps done) =>
    [
        new("Clerk", done.Clerk switch
        {
            AtClerk.UserDeleted => "the user was deleted",
            AtClerk.MembershipDeleted => "the membership was deleted; the user is a member of other organizations",
            AtClerk.NotThere => "nothing was there any more",
            _ => "nothing was asked: a guest has no account",
        }, done.Rows.GetValueOrDefault("invites") > 0
            ? $"the invitations to the address, which are over: it has no call that deletes one; {LogOfWebhooks}"
            : done.Clerk is AtClerk.UserDeleted or AtClerk.MembershipDeleted or AtClerk.NotThere ? LogOfWebhooks : null),
        Resend,
        new("Mux", "nothing was asked", "videos, by ids; no names and no addresses"),
        new("Vercel Blob", "nothing was asked", "originals of videos and the archive of the audit log, by ids; no names and no addresses"),
        PagerDuty,
        Neon,
    ];

    /// <summary>Of a tenant. Counts are of what our rows named: none of it is left.</summary>
    private static IReadOnlyList<ErasedAtProcessor> OfTenant(ErasureSteps done) =>
    [
        new(
            "Clerk", $"the organization was deleted, with its memberships and invitations; of its people {done.Organization!.Users} were "
                + $"deleted, {done.Organization.Kept} are members of other organizations and stay there", LogOfWebhooks),
        Resend,
        new(
            "Mux", $"{done.Mux!.Assets} assets were deleted, with their playback ids and files; uploads that waited for a file were "
                + "cancelled",
            $"records of uploads ({done.Mux.Uploads} without an asset) and of what was played, by ids, the organization's among them: it "
                + $"has no call that deletes one; statistics of viewing for up to 100 days, and {LogOfWebhooks}, by ids"),
        new("Vercel Blob", $"files of {done.Blob!.Originals} originals and {done.Blob.Copies} copies of data were deleted",
            "the archive of the audit log, by ids"),
        PagerDuty,
        Neon,
    ];

    private static ErasedAtProcessor Resend { get; } = new(
        "Resend", "nothing can be deleted",
        $"the mails that were sent, and {LogOfWebhooks}, for as long as Resend keeps them: it has no call that deletes one");

    private static ErasedAtProcessor PagerDuty { get; } =
        new("PagerDuty", "nothing was asked", "ids and states of incidents; nothing of people");

    private static ErasedAtProcessor Neon { get; } = new(
        "Neon", "the rows above were deleted or replaced", "backups of the database, until the moment that this certificate names");
}
