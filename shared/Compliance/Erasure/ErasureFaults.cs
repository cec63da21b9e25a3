using Portal.Foundation.Faults;
using Portal.Vendors;

namespace Portal.Compliance.Erasure;

/// <summary>What a step of an erasure throws when a vendor did not do its part: what is away is asked again, what refuses ends the
/// attempt.</summary>
internal static class ErasureFaults
{
    public static Exception Of(string vendor, VendorFailure failure) => failure switch
    {
        VendorFailure.Refused => new PermanentException($"{vendor} refuses: {failure.Reason}"),
        VendorFailure.RateLimited => new TransientException($"{vendor} asks to slow down"),
        _ => new TransientException(failure.Reason),
    };
}
