using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Functions;
using Portal.Runtime;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>The portal in a process of its own: this program again, started as <c>api-app</c> with its settings in the
/// environment.</summary>
public sealed class ApiApp : IAsyncDisposable
{
    public const string Verb = "api-app";
    private const string Count = "count";
    private const string DoNotCount = "do not count";
    private const string SettingsVariable = "PORTAL_BENCH_SETTINGS";
    private const string DurableVariable = "PORTAL_BENCH_DURABLE";
    private const string PortVariable = "PORTAL_BENCH_PORT";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly Process process;

    private ApiApp(Process process, int port)
    {
        this.process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>What it holds of the machine's memory, in MB.</summary>
    public double MemoryMb
    {
        get
        {
            process.Refresh();
            return Math.Round(process.WorkingSet64 / 1048576.0, 1);
        }
    }

    /// <summary>Processor time that it has used.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    public static async Task<ApiApp> StartAsync(Dictionary<string, string?> settings, string durable, int port)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { typeof(ApiApp).Assembly.Location, Verb },
            RedirectStandardInput = true,
        };
        start.Environment[SettingsVariable] = JsonSerializer.Serialize(settings);
        start.Environment[DurableVariable] = durable;
        start.Environment[PortVariable] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcServer"] = "0";
        var app = new ApiApp(Process.Start(start)!, port);
        using var http = new HttpClient();
        var began = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(http, port))
        {
            if (app.process.HasExited || Stopwatch.GetElapsedTime(began) > StartLimit)
            {
                throw new InvalidOperationException("The app does not start; what it says stands above.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return app;
    }

    /// <summary>Whether requests that begin from now on are counted. The process reads this within the while that is waited.</summary>
    public async Task CountRequestsAsync(bool count)
    {
        await process.StandardInput.WriteLineAsync(count ? Count : DoNotCount);
        await process.StandardInput.FlushAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
    }

    /// <summary>The other process. Ends when its standard input does: whoever started it is gone then.</summary>
    public static async Task ServeAsync(BenchmarkArguments arguments)
    {
        SwitchedCounting? counting = null;
        string Given(string name) =>
            Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{Verb} is started by the benchmark api.");
        await using var host = await FunctionsHost.StartAsync(new FunctionsHostOptions
        {
            ContentRoot = AppContext.BaseDirectory,
            Functions = typeof(PortalApp).Assembly,
            ConfigureApp = builder => (counting = new SwitchedCounting(builder)).AddPortal(),
            DurableDatabase = Given(DurableVariable),
            Port = int.Parse(Given(PortVariable), CultureInfo.InvariantCulture),
            Settings = JsonSerializer.Deserialize<Dictionary<string, string?>>(Given(SettingsVariable))!,
            // Sweeps and seals would run now and then, in one scenario and not in another.
            TimersEnabled = false,
            ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.Warning),
        });
        while (await Console.In.ReadLineAsync() is { } line)
        {
            counting!.Set(line == Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static async Task<bool> AnswersAsync(HttpClient http, int port)
    {
        try
        {
            using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/api/health/ready"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
