using System.Globalization;
using Portal.Compliance;
using Portal.Compliance.Erasure;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance.Erasure;

/// <summary>A request to erase somebody, on the wire.</summary>
public sealed record ErasureJson(
    Guid Id, [OneOf(typeof(SubjectKind))] string Kind, Guid? UserId, string? UserName,
    [About("Of a guest; null once it is over, when nobody keeps it.")] string? Email,
    IReadOnlyList<Guid> ViewerIds, [OneOf(typeof(ErasureStatus))] string Status, [OneOf(typeof(ErasedComments))] string Comments,
    [About("Why it waits, or why an attempt failed.")] string? LastError, DateTimeOffset RequestedAt,
    [About("Null: nobody here asked; the person was deleted at Clerk.")] Guid? RequestedById, string? RequestedByName,
    [About("Not before. Later than requestedAt when Clerk reported a deletion, and of a tenant: until then it can be cancelled.")]
    DateTimeOffset StartsAt, [About("A day after startsAt.")] DateTimeOffset DueAt, DateTimeOffset? EndedAt,
    [About("Of a tenant that waits: until when an Admin may cancel it, and what to do before.")] string? Advice,
    [About("Opens the certificate without signing in, once it is completed: give it to whoever is erased.")] string CertificateCode,
    int Version)
{
    public static ErasureJson From(ErasureRequest e, ErasureCertificates certificates) => new(
        e.Id, e.Kind, e.SubjectId, e.SubjectName, e.Kind == SubjectKind.Guest ? e.Address : null, e.ViewerIds, e.Status, e.Comments,
        e.LastError, e.RequestedAt, e.RequestedBy, e.RequestedByName, e.StartsAt, e.DueAt, e.EndedAt, AdviceOf(e),
        certificates.CodeOf(e.Id), e.Version);

    private static string? AdviceOf(ErasureRequest e) => e is { Kind: SubjectKind.Tenant, Status: ErasureStatus.Requested }
        ? string.Create(CultureInfo.InvariantCulture, $"Until {e.StartsAt:yyyy-MM-dd HH:mm} UTC an Admin may take this back. ")
            + "Make an export of the tenant before then (POST /api/exports), and keep the code of the certificate: nobody can sign in "
            + "afterwards."
        : null;
}

/// <summary>A certificate, opened. What is signed is <c>document</c>, as UTF-8; <c>certificate</c> is the same, read.</summary>
/// <param name="PublicKey">Base64 of the SubjectPublicKeyInfo; compare it with the one that you have from elsewhere.</param>
/// <param name="Signature">Base64 of an ECDSA signature over SHA-256, as DER.</param>
public sealed record SignedErasureCertificateJson(
    ErasureCertificate Certificate, string Document, string KeyId, string PublicKey, string Signature)
{
    public static SignedErasureCertificateJson From(StoredCertificate stored, AuditKeys keys) => new(
        ErasureCertificates.Read(stored.Document), stored.Document, stored.KeyId,
        Convert.ToBase64String(keys.Public[stored.KeyId]), Convert.ToBase64String(stored.Signature));
}

public sealed record RequestErasureInput : SubjectInput
{
    [Text(200), About("Of a tenant: what the portal is called, typed again, so that none is erased by a slip.")]
    public string? TenantName { get; init; }

    [OneOf(typeof(ErasedComments)), About("Whether the text of their comments stays, under \"Deleted person\".")]
    public string Comments { get; init; } = ErasedComments.Keep;

    public override void Check(Faults faults, DateTimeOffset now)
    {
        base.Check(faults, now);
        if (Kind == SubjectKind.Tenant && TenantName is null)
        {
            faults.Add("tenantName", "required", "is required for a tenant.");
        }

        if (Kind != SubjectKind.Tenant && TenantName is not null)
        {
            faults.Add("tenantName", "kind", "goes with a tenant.");
        }
    }
}

public sealed record EraseMeInput
{
    [Email, About("One's own address, typed again: nobody is erased by a slip.", Example = "\"kim@studio.example\"")]
    public required string Email { get; init; }

    [OneOf(typeof(ErasedComments)), About("Whether the text of your comments stays, under \"Deleted person\".")]
    public string Comments { get; init; } = ErasedComments.Keep;
}

public sealed record ListErasuresInput : CountedListInput
{
    [OneOf(typeof(ErasureStatus))]
    public string? Status { get; init; }
}
