namespace Portal.Host.Worker;

/// <summary>The worker process is gone, or cannot be used.</summary>
public sealed class WorkerExitedException(string message) : Exception(message);
