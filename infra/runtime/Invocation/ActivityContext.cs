using Microsoft.DurableTask;
using Portal.Runtime.Durable;

namespace Portal.Runtime.Invocation;

/// <summary>What an activity may ask about itself.</summary>
internal sealed class ActivityContext(DurableActivityInvocation invocation) : TaskActivityContext
{
    public override TaskName Name => new(invocation.Name);

    public override string InstanceId => invocation.InstanceId;
}
