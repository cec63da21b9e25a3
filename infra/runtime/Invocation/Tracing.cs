using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Portal.Runtime.Invocation;

/// <summary>One trace per run, so that its log lines and its calls to vendors belong together. A request goes on with its
/// caller's.</summary>
internal static class Tracing
{
    public static Activity Begin(string kind) => new Activity(kind).SetIdFormat(ActivityIdFormat.W3C).Start();

    /// <summary>A <c>traceparent</c> that is not valid is as good as none.</summary>
    public static Activity Continue(IHeaderDictionary headers)
    {
        var activity = new Activity("http").SetIdFormat(ActivityIdFormat.W3C);
        if (System.Diagnostics.ActivityContext.TryParse(headers.TraceParent, headers.TraceState, out var caller))
        {
            activity.SetParentId(caller.TraceId, caller.SpanId, caller.TraceFlags);
            activity.TraceStateString = caller.TraceState;
        }

        return activity.Start();
    }
}
