using Portal.Compliance;
using Portal.Foundation.Identity;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance;

/// <summary>Whom a request is about: a person by id, a guest by address, or the tenant.</summary>
public record SubjectInput : IChecked
{
    [OneOf(typeof(SubjectKind))]
    public required string Kind { get; init; }

    [About("Of a person.", Example = "\"0198c5a2-7d31-7c4e-9a52-3f1b6e0d8c47\"")]
    public Guid? UserId { get; init; }

    [Email, About("Of a guest: the address that share links were sent to.")]
    public string? Email { get; init; }

    [Items(100), About("Of a guest: the viewers that are theirs, as their comments and opens name them. An address alone finds none.")]
    public IReadOnlyList<Guid>? ViewerIds { get; init; }

    internal UserId? Person => UserId is { } user ? new UserId(user) : null;

    internal IReadOnlyList<Guid> Viewers => [.. (ViewerIds ?? []).Distinct()];

    public virtual void Check(Faults faults, DateTimeOffset now)
    {
        if (Kind == SubjectKind.Person && UserId is null)
        {
            faults.Add("userId", "required", "is required for a person.");
        }

        if (Kind == SubjectKind.Guest && Email is null)
        {
            faults.Add("email", "required", "is required for a guest.");
        }

        if (Kind == SubjectKind.Tenant && UserId is not null)
        {
            faults.Add("userId", "kind", "goes with a person.");
        }

        if (Kind != SubjectKind.Guest && (Email is not null || ViewerIds is not null))
        {
            faults.Add("email", "kind", "goes with a guest, as viewerIds do; of others we know the address.");
        }
    }
}
