using Portal.Tests.Staging;

// dotnet run --project tests/staging -- <check> --base <url>: checks of a portal that is deployed, each with a report to attach to a
// review. --help lists them. Exit code 0: every line holds. 1: one does not. 2: something is missing, and the message says what.
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
using var handler = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false };
return await StagingProgram.RunAsync(args, StagingWorld.Real(handler), stop.Token);
