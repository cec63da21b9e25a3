using System.Net;
using Microsoft.Extensions.Logging;
using Portal.LocalVendors;
using Portal.Postgres;

namespace Portal.Local;

/// <summary>The five local vendors and a receiver of webhooks, on ports near the app's where those are free.</summary>
internal sealed class VendorServers : IAsyncDisposable
{
    private readonly List<LocalVendor> started = [];

    private VendorServers()
    {
    }

    /// <summary>What the app must be told of Mux is in here.</summary>
    public LocalMuxOptions MuxOptions { get; private set; } = null!;

    public LocalClerkOptions ClerkOptions { get; private set; } = null!;

    public LocalResendOptions ResendOptions { get; private set; } = null!;

    public LocalMux Mux { get; private set; } = null!;

    public LocalClerk Clerk { get; private set; } = null!;

    public LocalResend Resend { get; private set; } = null!;

    public LocalBlob Blob { get; private set; } = null!;

    public LocalPagerDutyOptions PagerDutyOptions { get; private set; } = null!;

    public LocalPagerDuty PagerDuty { get; private set; } = null!;

    /// <summary>Somebody's system that gets webhooks: no vendor, but it starts and stops with them.</summary>
    public LocalReceiver Receiver { get; private set; } = null!;

    public static async Task<VendorServers> StartAsync(
        string database, int appPort, Screen screen, TimeProvider clock, CancellationToken ct)
    {
        var vendors = new VendorServers();
        try
        {
            // A hundred apart, so that apps on neighbouring ports do not take each other's.
            vendors.Mux = await vendors.StartAsync(screen, "Mux", appPort + 100, port => LocalMux.StartAsync(
                vendors.MuxOptions = new LocalMuxOptions { Database = database, Clock = clock, Port = port, ConfigureLogging = Log }, ct));
            vendors.Clerk = await vendors.StartAsync(screen, "Clerk", appPort + 200, async port =>
            {
                vendors.ClerkOptions = new LocalClerkOptions { Database = database, Clock = clock, Port = port, ConfigureLogging = Log };
                return await StartClerkAsync(vendors.ClerkOptions, ct);
            });
            vendors.Resend = await vendors.StartAsync(screen, "Resend", appPort + 300, port => LocalResend.StartAsync(
                vendors.ResendOptions = new LocalResendOptions { Database = database, Clock = clock, Port = port, ConfigureLogging = Log },
                ct));
            vendors.Blob = await vendors.StartAsync(screen, "Vercel Blob", appPort + 400, port => LocalBlob.StartAsync(
                new LocalBlobOptions { Database = database, Clock = clock, Port = port, ConfigureLogging = Log }, ct));
            vendors.PagerDuty = await vendors.StartAsync(screen, "PagerDuty", appPort + 500, port => LocalPagerDuty.StartAsync(
                vendors.PagerDutyOptions = new LocalPagerDutyOptions
                {
                    Database = database,
                    Clock = clock,
                    Port = port,
                    ConfigureLogging = Log,
                }, ct));
            vendors.Receiver = await vendors.StartAsync(screen, "Webhook receiver", appPort + 600, port => LocalReceiver.StartAsync(
                new LocalReceiverOptions { Database = database, Clock = clock, Port = port, ConfigureLogging = Log }, ct));
            return vendors;
        }
        catch
        {
            await vendors.DisposeAsync();
            throw;
        }
    }

    /// <summary>Clerk with the demo's people.</summary>
    public static async Task<LocalClerk> StartClerkAsync(LocalClerkOptions options, CancellationToken ct)
    {
        var clerk = await LocalClerk.StartAsync(options, ct);
        foreach (var person in DemoPeople.All)
        {
            await clerk.AddPersonAsync(person.AtClerk);
        }

        return clerk;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vendor in Enumerable.Reverse(started))
        {
            await vendor.DisposeAsync();
        }

        started.Clear();
    }

    private async Task<T> StartAsync<T>(Screen screen, string name, int wanted, Func<int, Task<T>> start)
        where T : LocalVendor =>
        await screen.StepAsync(
            name,
            async () =>
            {
                // An address that is the same at every start is nice to have, no more.
                var port = wanted <= IPEndPoint.MaxPort && Loopback.Try(wanted) is null ? wanted : 0;
                T vendor;
                try
                {
                    vendor = await start(port);
                }
                catch (IOException) when (port != 0)
                {
                    // Somebody was faster.
                    vendor = await start(0);
                }

                started.Add(vendor);
                return vendor;
            },
            vendor => vendor.Address.ToString().TrimEnd('/'));

    private static void Log(ILoggingBuilder logging) =>
        logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true);
}
