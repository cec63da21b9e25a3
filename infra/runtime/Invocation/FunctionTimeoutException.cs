namespace Portal.Runtime.Invocation;

/// <summary>A run took longer than <c>functionTimeout</c> of host.json.</summary>
internal sealed class FunctionTimeoutException(string message) : Exception(message);
