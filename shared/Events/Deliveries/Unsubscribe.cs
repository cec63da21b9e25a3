using Portal.Events.Deliveries.Mails;

namespace Portal.Events.Deliveries;

/// <summary>
/// Stops mails of one type to one person: a member's preference is switched off, a guest's address (as its keyed hash) goes on the
/// tenant's list. The token says which mail it was; no session is asked for, since the mail program itself does it.
/// </summary>
public sealed class Unsubscribe(UnsubscribeStore store, UnsubscribeTokens tokens)
{
    /// <summary>Null: we did not make that token, or the mail is forgotten by now.</summary>
    public async Task<UnwantedMail?> FindAsync(string token, CancellationToken ct) =>
        tokens.Read(token) is { } delivery ? await store.FindAsync(delivery, ct) : null;

    public async Task<UnwantedMail?> RunAsync(string token, CancellationToken ct)
    {
        if (await FindAsync(token, ct) is not { } mail)
        {
            return null;
        }

        await store.StopAsync(mail, ct);
        return mail;
    }
}
