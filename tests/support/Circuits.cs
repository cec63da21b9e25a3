using Microsoft.Extensions.Logging.Abstractions;
using Portal.Vendors;

namespace Portal.Tests.Support;

/// <summary>Circuits of an adapter that a test makes by itself: nobody is told of them.</summary>
public static class Circuits
{
    public static VendorCircuits Make(TimeProvider? clock = null, NoteCircuit? note = null) => new(
        note ?? ((_, _, _) => Task.CompletedTask), clock ?? TimeProvider.System, NullLogger<VendorCircuits>.Instance);
}
