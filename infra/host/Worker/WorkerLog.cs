using Microsoft.Extensions.Logging;
using Portal.Host.Rpc;

namespace Portal.Host.Worker;

/// <summary>The worker's log lines, under their own categories, as the Functions host shows them.</summary>
internal static partial class WorkerLog
{
    public static void Write(ILoggerFactory loggers, RpcLog line)
    {
        var logger = loggers.CreateLogger(line.Category is { Length: > 0 } category ? category : "Worker");
        var text = line.Exception is { } e
            ? $"{line.Message}{Environment.NewLine}{e.Type}: {e.Message}{Environment.NewLine}{e.StackTrace}"
            : line.Message;
        Line(logger, (LogLevel)(int)line.Level, text);
    }

    /// <summary>What the process wrote to its console.</summary>
    [LoggerMessage(Message = "{Line}")]
    public static partial void Line(ILogger logger, LogLevel level, string line);
}
