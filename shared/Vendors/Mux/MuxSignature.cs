namespace Portal.Vendors.Mux;

/// <summary>Checks <c>Mux-Signature</c>.</summary>
public static class MuxSignature
{
    /// <inheritdoc cref="TimedSignature.Fault"/>
    public static string? Fault(string? header, ReadOnlySpan<byte> body, string secret, DateTimeOffset now) =>
        TimedSignature.Fault(header, body, secret, now);
}
