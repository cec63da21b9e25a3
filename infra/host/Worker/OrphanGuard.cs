using System.Diagnostics;
using System.Globalization;

namespace Portal.Host.Worker;

/// <summary>
/// Ends a worker whose host has died, however it died: a shell that waits for the end of its standard input, which the system closes with
/// the host, and then kills the worker. A worker left alone would stay for ever. Nothing on Windows, where nobody runs this host.
/// </summary>
internal sealed class OrphanGuard : IDisposable
{
    private readonly Process? shell;

    public OrphanGuard(int worker)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"cat >/dev/null; kill -9 {worker} 2>/dev/null"));
        shell = Process.Start(start);
    }

    /// <summary>The worker has ended: its number may be another process's by now.</summary>
    public void Dispose()
    {
        shell?.Kill(entireProcessTree: true);
        shell?.Dispose();
    }
}
