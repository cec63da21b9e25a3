using Microsoft.Extensions.Logging;

namespace Portal.Local;

/// <summary>Keeps the app's log lines out of the way while steps are printed; warnings always pass.</summary>
internal sealed class LogGate
{
    private volatile bool isOpen;

    public void Open() => isOpen = true;

    public void Configure(ILoggingBuilder logging) =>
        logging.AddFilter((_, level) => level >= (isOpen ? LogLevel.Information : LogLevel.Warning));
}
