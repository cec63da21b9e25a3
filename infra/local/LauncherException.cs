namespace Portal.Local;

/// <summary>The launcher cannot go on. The message is for people: what is wrong, what to do.</summary>
internal class LauncherException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The command line is wrong; nothing was started.</summary>
internal sealed class UsageException(string message) : LauncherException(message);
