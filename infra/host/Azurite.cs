using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Portal.Postgres;

namespace Portal.Host;

/// <summary>Azurite cannot be had or does not start; the message says why.</summary>
public sealed class AzuriteException(string message) : Exception(message);

/// <summary>
/// Microsoft's emulator of Azure Storage, from npm: the versions and hashes of <c>azurite/package-lock.json</c>, installed once into a
/// folder of its own by the machine's npm (no install scripts run). Blobs, queues and tables on loopback ports.
/// </summary>
public sealed class Azurite : IAsyncDisposable
{
    // The emulator's documented account, the same everywhere; it listens on loopback only.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // Ends with the process that started it, however that ends: its standard input closes then.
    private const string Script = """
        process.argv.splice(1, 0, "azurite");
        process.stdin.on("end", () => process.exit(0)).resume();
        require("./node_modules/azurite/dist/src/azurite.js");
        """;

    private const int MaxAttempts = 5;

    private static readonly string[] Kinds = ["blob", "queue", "table"];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Process process;

    private Azurite(Process process, string connectionString)
    {
        this.process = process;
        ConnectionString = connectionString;
    }

    public string ConnectionString { get; }

    /// <param name="folder">Where the package is installed, shared by all runs.</param>
    /// <param name="data">Where it keeps what it stores; null keeps it in memory.</param>
    /// <param name="progress">Hears of what takes long.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="AzuriteException">There is no Node, npm fails, or Azurite does not start.</exception>
    public static async Task<Azurite> StartAsync(string folder, string? data, IProgress<string> progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(progress);
        const string Fetching = "Fetching Azurite (Azure Storage's emulator) with npm; once, about 15 s …";
        if (await NpmPackages.InstallAsync("azurite", folder, () => progress.Report(Fetching), ct) is { } refusal)
        {
            throw new AzuriteException($"Azurite cannot be had: {refusal}");
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StartAsync(folder, data, ct);
            }
            catch (AzuriteException taken) when (attempt < MaxAttempts && taken.Message.Contains("EADDRINUSE", StringComparison.Ordinal))
            {
                // Somebody was faster at one of the ports: others, then.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
    }

    private static async Task<Azurite> StartAsync(string folder, string? data, CancellationToken ct)
    {
        var ports = Loopback.FreePorts(3);
        var start = new ProcessStartInfo("node", Arguments(data, ports))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        var process = Run(start);
        var azurite = new Azurite(process, Describe(ports));
        try
        {
            await WaitAsync(process, ports, ct);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    private static IEnumerable<string> Arguments(string? data, int[] ports) =>
    [
        "--eval", Script, "--", "--silent", "--disableTelemetry", "--skipApiVersionCheck",
        .. Kinds.SelectMany((kind, index) => (string[])
            [$"--{kind}Host", "127.0.0.1", $"--{kind}Port", ports[index].ToString(CultureInfo.InvariantCulture)]),
        .. data is null ? (string[])["--inMemoryPersistence"] : ["--location", data],
    ];

    private static string Describe(int[] ports) => string.Create(CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
        + $"BlobEndpoint=http://127.0.0.1:{ports[0]}/{Account};QueueEndpoint=http://127.0.0.1:{ports[1]}/{Account};"
        + $"TableEndpoint=http://127.0.0.1:{ports[2]}/{Account};");

    private static async Task WaitAsync(Process process, int[] ports, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await AllListenAsync(ports, ct))
        {
            if (process.HasExited)
            {
                throw new AzuriteException($"Azurite ended with {process.ExitCode}: {await process.StandardError.ReadToEndAsync(ct)}");
            }

            if (TimeProvider.System.GetElapsedTime(began) > StartLimit)
            {
                throw new AzuriteException($"Azurite did not start within {StartLimit.TotalSeconds:0} s.");
            }

            await Task.Delay(Pause, TimeProvider.System, ct);
        }

        // Nobody reads on: what it has to say later must not stop it.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private static async Task<bool> AllListenAsync(int[] ports, CancellationToken ct)
    {
        foreach (var port in ports)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port, ct);
            }
            catch (SocketException)
            {
                return false;
            }
        }

        return true;
    }

    private static Process Run(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new AzuriteException($"{start.FileName} is not installed (it comes with Node.js): {exception.Message}");
        }
    }
}
