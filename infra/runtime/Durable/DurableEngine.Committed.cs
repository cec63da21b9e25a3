using Microsoft.DurableTask.Client;

namespace Portal.Runtime.Durable;

/// <summary>What follows a commit: activities start, timers are set, messages reach their instances, waiters are told.</summary>
public sealed partial class DurableEngine
{
    private sealed class Committed(DurableEngine engine) : ICommitted
    {
        public long Owner => engine.leases.Worker;

        public void InstanceCreated(NewInstance start, long key, long owner)
        {
            if (owner == 0)
            {
                engine.notifications.Work();
                return;
            }

            if (start.StartAt is { } at)
            {
                engine.wakes.Set(key, at);
            }
            else
            {
                engine.dispatcher.InstanceCreated(
                new(key, start.Id, start.Name, start.Version, start.Input, owner, 1, 0, 0) { Parent = start.Parent });
            }
        }

        public void Stepped(LiveInstance instance, Step step)
        {
            foreach (var task in step.Activities)
            {
                engine.activities.Enqueue(new(instance, step.InstanceId, instance.Row.Generation, task));
            }

            engine.wakes.Set(step.Key, step.WakeAt);
            engine.dispatcher.AfterCommit(instance, step);
            if (step.IsOver || step.Seq == 0)
            {
                engine.waiters.Signal(step.InstanceId);
                if (engine.leases.HasPeers)
                {
                    engine.notifications.Status(step.InstanceId);
                }
            }
        }

        public void Lost(LiveInstance instance, Step step)
        {
            Log.Lost(engine.logger, step.InstanceId);
            engine.wakes.Set(step.Key, null);
            engine.dispatcher.Drop(instance, busy: true);
        }

        public void Refused(LiveInstance instance, Step step, Exception reason)
        {
            // A dead process does nothing more; and what cannot even be stored as failed is left for the next owner.
            if (engine.abandoned || (step.Status == OrchestrationRuntimeStatus.Failed && step.Children.Count == 0
                && step.Activities.Count == 0
                && step.Output?.StartsWith("The step could not be stored", StringComparison.Ordinal) == true))
            {
                instance.Leave();
                engine.tally.Leave();
                return;
            }

            Log.Refused(engine.logger, reason, step.InstanceId);
            engine.committer.Enqueue(new CommitItem.OfStep(instance, StepExecutor.Rejected(instance.Row, step, reason)));
        }

        public void Sent(Posted posted)
        {
            if (posted.Owner == engine.leases.Worker && posted.Owner != 0)
            {
                // Word of an earlier message may have been lost with its sender: in the order of the inbox then.
                if (posted.Behind)
                {
                    engine.dispatcher.RequestLoad(posted.Key);
                }
                else
                {
                    engine.dispatcher.Deliver(posted.Key, new(posted.MessageId, posted.Message.Generation, posted.Message.Event));
                }
            }
            else if (posted.Owner == 0)
            {
                engine.notifications.Work();
            }
            else
            {
                engine.notifications.Messages(posted.Owner, posted.Key);
            }
        }

        public void Reconcile() => engine.leases.Reconcile();
    }
}
