using System.Diagnostics;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

/// <summary>A stopped cluster to copy, since making one takes most of a trial's time.</summary>
public sealed class PreparedCluster : IAsyncLifetime
{
    private readonly string name = $"trial/{Guid.NewGuid().ToString("N")[..8]}";
    private string folder = "";

    public async Task InitializeAsync()
    {
        await using var server = await PostgresServer.StartAsync(Options(name));
        folder = server.Folder;
    }

    public Task DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>The options that find or make a cluster of this name, whatever the test run's environment says.</summary>
    public static PostgresServerOptions Options(string name) => new()
    {
        ConnectionString = "",
        Name = name,
        Durable = false,
        StateFolder = PostgresFixture.MemoryFolder(),
        TimeZone = "Pacific/Tongatapu",
    };

    /// <summary>Where a cluster of this name lies.</summary>
    public string PathOf(string otherName) => folder.Replace(name, otherName, StringComparison.Ordinal);

    /// <summary>Puts a copy where a cluster of this name is looked for.</summary>
    public async Task CopyAsync(string copyName)
    {
        var copy = PathOf(copyName);
        using var copying = Process.Start("cp", ["-a", folder, copy]);
        await copying.WaitForExitAsync();
        Assert.Equal(0, copying.ExitCode);
    }
}
