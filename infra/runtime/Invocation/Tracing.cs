using System.Diagnostics;

namespace Portal.Runtime.Invocation;

/// <summary>HTTP requests carry a trace of their own; what begins without a request gets one here, so that its log lines and calls belong together.</summary>
internal static class Tracing
{
    public static Activity Begin(string kind) => new Activity(kind).SetIdFormat(ActivityIdFormat.W3C).Start();
}
