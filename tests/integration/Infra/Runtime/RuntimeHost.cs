using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Portal.Runtime;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>A runtime host over sample classes of this assembly, in a content root of its own, with a client and its log.</summary>
internal sealed class RuntimeHost : IAsyncDisposable
{
    private readonly string contentRoot;

    private RuntimeHost(FunctionsHost host, string contentRoot, LogLines log)
    {
        Host = host;
        this.contentRoot = contentRoot;
        Log = log;
        Http = new HttpClient { BaseAddress = host.Address, Timeout = TimeSpan.FromSeconds(30) };
    }

    public const string PlainHostJson = """{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }""";

    public FunctionsHost Host { get; }

    public HttpClient Http { get; }

    public LogLines Log { get; }

    public static async Task<RuntimeHost> StartAsync(RuntimeDatabase database, Setup setup)
    {
        var contentRoot = Directory.CreateTempSubdirectory("portal-runtime-").FullName;
        try
        {
            if (setup.HostJson is { } hostJson)
            {
                await File.WriteAllTextAsync(Path.Combine(contentRoot, "host.json"), hostJson);
            }

            if (setup.LocalSettings is { } local)
            {
                await File.WriteAllTextAsync(Path.Combine(contentRoot, "local.settings.json"), local);
            }

            var log = new LogLines();
            var host = await FunctionsHost.StartAsync(new FunctionsHostOptions
            {
                ContentRoot = contentRoot,
                Functions = typeof(RuntimeHost).Assembly,
                FunctionFilter = type => setup.Functions.Contains(type),
                ConfigureApp = setup.App,
                DurableDatabase = setup.Database ?? database.ConnectionString,
                Port = setup.Port,
                Clock = setup.Clock,
                Settings = setup.Settings,
                TimersEnabled = setup.Timers,
                StopLimit = setup.StopLimit,
                ConfigureLogging = logging => logging.ClearProviders().AddProvider(log).SetMinimumLevel(setup.MinimumLevel),
            });
            return new RuntimeHost(host, contentRoot, log);
        }
        catch
        {
            Directory.Delete(contentRoot, recursive: true);
            throw;
        }
    }

    public static Task<RuntimeHost> StartAsync(RuntimeDatabase database, params Type[] functions) =>
        StartAsync(database, new Setup { Functions = functions });

    /// <summary>Status and body in one string, so that a failed assertion shows both.</summary>
    public async Task<string> GetAsync(string path) => await ReadAsync(await Http.GetAsync(new Uri(path, UriKind.Relative)));

    public async Task<string> SendAsync(
        HttpMethod method, string path, HttpContent? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await ReadAsync(await Http.SendAsync(request));
    }

    public static StringContent Json(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(contentRoot, recursive: true);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        }
    }

    internal sealed record Setup
    {
        public required Type[] Functions { get; init; }

        public string? HostJson { get; init; } = PlainHostJson;

        public string? LocalSettings { get; init; }

        public Action<IFunctionsWorkerApplicationBuilder> App { get; init; } = _ => { };

        public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

        public TimeProvider Clock { get; init; } = TimeProvider.System;

        public bool Timers { get; init; }

        public int Port { get; init; }

        public string? Database { get; init; }

        public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(10);

        public LogLevel MinimumLevel { get; init; } = LogLevel.Information;
    }
}
