namespace Portal.Foundation.Faults;

/// <summary>
/// "Try again": thrown by an activity when a vendor or the database is away, and when the engine that runs them is. The pipeline's retry
/// policy knows this type and no other; anything else an activity throws is a bug and fails the upload at once.
/// </summary>
public sealed class TransientException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>"Give up": thrown by an activity when the same call cannot succeed later. The upload fails with this reason.</summary>
public sealed class PermanentException(string reason) : Exception(reason);
