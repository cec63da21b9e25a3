using System.Runtime.InteropServices;

namespace Portal.Local;

/// <summary>
/// Ctrl+C, SIGTERM and a closed terminal ask to stop; a second Ctrl+C leaves at once. A second SIGTERM says nothing new: who signals a
/// whole process group reaches us twice under <c>dotnet run</c>, which passes its own on.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    private const int KilledByInterrupt = 130;

    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations;
    private int interrupts;

    public StopSignal()
    {
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
        ];
        Token = source.Token;
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        registrations.ForEach(registration => registration.Dispose());
        source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && Interlocked.Increment(ref interrupts) > 1)
        {
            Environment.Exit(KilledByInterrupt);
        }

        // What waits on the token goes on elsewhere: this thread belongs to the runtime.
        _ = source.CancelAsync();
    }
}
