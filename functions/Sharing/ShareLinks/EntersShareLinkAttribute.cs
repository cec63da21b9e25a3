using Portal.Functions.Foundation.Http;

namespace Portal.Functions.Sharing.ShareLinks;

/// <summary>
/// The operation is for a guest who has opened the link (<see cref="GuestAccess.EnterAsync"/>), and refuses everybody else.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EntersShareLinkAttribute : Attribute, IBringsRefusals
{
    public IReadOnlyList<RefusesAttribute> Refusals { get; } =
    [
        new(401, "sign-in-required", "The link is only for people who are signed in."),
        new(401, "passphrase-required", "The link has a passphrase: unlock it first."),
        new(403, "share-link-not-opened", "No cookie of a viewer came along."),
        new(403, "share-link-unavailable", "It is revoked, expired, or nothing is ready behind it."),
        new(403, "not-addressed", "Somebody is signed in, and the link is not for them."),
        new(404, "not-found", "There is no such link."),
    ];
}
