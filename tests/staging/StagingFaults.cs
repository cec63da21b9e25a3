namespace Portal.Tests.Staging;

/// <summary>The program was not given what it needs; the message says what, and how to get it.</summary>
public sealed class StagingUsageException(string message) : Exception(message);

/// <summary>A check cannot go on: what it has to have before it can look at anything was refused.</summary>
public sealed class StagingStoppedException(string message) : Exception(message);
