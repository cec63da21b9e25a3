using Portal.Foundation.Db;
using Portal.Foundation.Outbox;

namespace Portal.Events;

/// <summary>
/// What another room makes of an event, in the transaction that takes it out of the outbox, as portal_app of the event's tenant. It is
/// applied once; one that throws holds up its event, not others.
/// </summary>
public interface IEventSubscriber
{
    Task ApplyAsync(Tx tx, PortalEvent e);
}
