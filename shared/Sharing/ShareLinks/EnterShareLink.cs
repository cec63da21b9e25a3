using Portal.Foundation.Faults;

namespace Portal.Sharing.ShareLinks;

/// <summary>The way in to everything a guest does besides watching: the same guards as opening, for those who have opened.</summary>
public sealed class EnterShareLink(ShareAccessStore store, ShareRefusals refusals)
{
    public async Task<Result<GuestLink>> RunAsync(Visitor visitor, CancellationToken ct)
    {
        var found = await store.EnterAsync(visitor, ct);
        if (found.Outcome != "open")
        {
            return await refusals.OfAsync(found.Outcome, found.RetryAfter, visitor.Requester, ct);
        }

        return found;
    }
}
