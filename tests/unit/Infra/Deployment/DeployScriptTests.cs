using System.Diagnostics;
using Portal.Tests.Unit.Architecture;

namespace Portal.Tests.Unit.Infra.Deployment;

/// <summary>
/// infra/azure/deploy, run for real in a folder of its own, with programs in place of dotnet, zip, az and curl that write down how they
/// were called. What the programs themselves do is not tested here.
/// </summary>
public sealed class DeployScriptTests : IDisposable
{
    private const string Secret = "Host=db.example;Username=owner;Password=hunter2";

    private readonly string folder = Directory.CreateTempSubdirectory("portal-deploy-").FullName;

    public DeployScriptTests()
    {
        foreach (var file in new[] { "infra/azure/deploy", "infra/azure/staging.bicepparam" })
        {
            Write(file, Sources.Read(file));
        }

        // The app as `dotnet publish` leaves it, with what `published` holds.
        Fake("dotnet", """
            case $1 in
                publish) mkdir -p out && cp -r published out/publish ;;
                *) echo "PORTAL_DATABASE=$PORTAL_DATABASE" >>calls ;;
            esac
            case $* in
                *freeze) [ ! -e frozen ] || exit "$(cat frozen)" ;;
            esac
            """);
        Fake("zip", "echo zipped >\"$2\"");
        Fake("az", ":");
        Fake("curl", "! [ -e not-ready ]");
        PublishVendorSdks();
    }

    [DeployFact]
    public async Task Dry_run_prints_every_command_and_runs_none()
    {
        var (code, output, error) = await DeployAsync("--dry-run", "staging", "group");

        Assert.True(code == 0, error);
        Assert.Equal(
            [
                "ask_freeze", "rm", "dotnet publish functions -c Release -p:VendorSdks=nuget -o out/publish", "refuse_stand_ins out/publish",
                "pack out/publish", "migrate",
                "az functionapp deployment source config-zip -g group -n motion-mavericks-staging --src out/",
                "curl", "keep",
            ],
            Commands(output), (expected, command) => command.StartsWith(expected, StringComparison.Ordinal));
        Assert.Contains("https://motion-mavericks-staging.azurewebsites.net/api/health/ready", output, StringComparison.Ordinal);
        Assert.Empty(Calls());
    }

    [DeployFact]
    public async Task Release_migrates_before_it_deploys_and_is_kept()
    {
        var (code, output, error) = await DeployAsync("staging", "group");

        Assert.True(code == 0, error);
        Assert.Equal(
            [
                "dotnet run -c Release --project infra/postgres -- freeze", $"PORTAL_DATABASE={Secret}", "dotnet publish", "zip",
                "dotnet run -c Release --project infra/postgres -- migrate", $"PORTAL_DATABASE={Secret}",
                "az", "curl",
            ],
            Calls(), (expected, call) => call.StartsWith(expected, StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", output + error, StringComparison.Ordinal);
        Assert.Single(Releases());
    }

    [DeployTheory]
    [InlineData("Mux.Csharp.Sdk")]
    [InlineData("Resend")]
    public async Task Stand_in_is_refused_before_anything_is_touched(string sdk)
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, $"{sdk}.dll"), Path.Combine(folder, "published", $"{sdk}.dll"), overwrite: true);
        var (code, _, error) = await DeployAsync("staging", "group");
        Assert.Equal(1, code);
        Assert.Contains($"{sdk} is the stand-in", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls(), call => call.StartsWith("az", StringComparison.Ordinal)
            || call.EndsWith("migrate", StringComparison.Ordinal));
    }

    [DeployFact]
    public async Task While_changes_are_frozen_only_a_release_with_a_reason_gets_out()
    {
        Write("frozen", "3");
        var (code, _, error) = await DeployAsync("staging", "group");
        Assert.Equal(1, code);
        Assert.Contains("Changes are frozen. For the repair itself: --despite-freeze <reason>.", error, StringComparison.Ordinal);
        Assert.Equal(["dotnet run -c Release --project infra/postgres -- freeze", $"PORTAL_DATABASE={Secret}"], Calls());

        (code, _, error) = await DeployAsync("--despite-freeze", "It mends the playback", "staging", "group");
        Assert.True(code == 0, error);
        var release = Assert.Single(Releases());
        var kept = await File.ReadAllTextAsync(Path.Combine(folder, Path.GetDirectoryName(release)!, "despite-freeze.txt"));
        Assert.EndsWith($"{Path.GetFileName(release)} It mends the playback\n", kept, StringComparison.Ordinal);

        (code, _, error) = await DeployAsync("staging", "group", "--rollback", release);
        Assert.True(code == 0, error);
    }

    [DeployFact]
    public async Task A_freeze_that_cannot_be_asked_about_stops_a_release_whatever_the_reason()
    {
        Write("frozen", "1");
        var (code, _, error) = await DeployAsync("--despite-freeze", "It mends the playback", "staging", "group");
        Assert.Equal(1, code);
        Assert.Contains("It could not be asked whether changes are frozen.", error, StringComparison.Ordinal);
        Assert.Empty(Releases());
    }

    [DeployFact]
    public async Task Output_without_the_sdks_is_refused()
    {
        File.Delete(Path.Combine(folder, "published/Resend.dll"));
        var (code, _, error) = await DeployAsync("staging", "group");
        Assert.Equal(1, code);
        Assert.Contains("has no Resend.dll", error, StringComparison.Ordinal);
    }

    [DeployFact]
    public async Task Release_that_is_not_ready_says_how_to_go_back_and_is_not_kept()
    {
        await DeployAsync("staging", "group");
        var good = Assert.Single(Releases());
        Write("not-ready", "");

        var (code, _, error) = await DeployAsync("staging", "group");

        Assert.Equal(1, code);
        Assert.Contains($"infra/azure/deploy staging group --rollback {good}", error, StringComparison.Ordinal);
        Assert.Equal([good], Releases());
    }

    [DeployFact]
    public async Task Rollback_deploys_the_old_zip_and_leaves_the_schema()
    {
        await DeployAsync("staging", "group");
        var good = Assert.Single(Releases());
        File.Delete(Path.Combine(folder, "calls"));

        var (code, _, error) = await DeployAsync("staging", "group", "--rollback", good);

        Assert.True(code == 0, error);
        Assert.Equal([$"az functionapp deployment source config-zip -g group -n motion-mavericks-staging --src {good}", "curl"],
            Calls(), (expected, call) => call.StartsWith(expected, StringComparison.Ordinal));
    }

    [DeployTheory]
    [InlineData("staging")]
    [InlineData("nowhere", "group")]
    [InlineData("staging", "group", "--rollback", "no.zip")]
    [InlineData("staging", "group", "--force")]
    [InlineData("staging", "group", "--despite-freeze")]
    [InlineData("staging", "group", "--despite-freeze", "")]
    public async Task Wrong_arguments_are_refused(params string[] arguments)
    {
        var (code, _, error) = await DeployAsync(arguments);
        Assert.InRange(code, 1, 2);
        Assert.NotEmpty(error);
        Assert.Empty(Calls());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Assemblies that do not call themselves stand-ins.</summary>
    private void PublishVendorSdks()
    {
        foreach (var sdk in new[] { "Mux.Csharp.Sdk", "Resend" })
        {
            Directory.CreateDirectory(Path.Combine(folder, "published"));
            File.Copy(typeof(PortalRegistrations).Assembly.Location, Path.Combine(folder, "published", $"{sdk}.dll"));
        }
    }

    private async Task<(int Code, string Output, string Error)> DeployAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", ["infra/azure/deploy", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Path.Combine(folder, "programs")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["PORTAL_OWNER_DATABASE"] = Secret;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }

    private static IEnumerable<string> Commands(string output) =>
        output.Split('\n').Where(line => line.StartsWith("+ ", StringComparison.Ordinal)).Select(line => line[2..]);

    private string[] Calls() => File.Exists(Path.Combine(folder, "calls")) ? File.ReadAllLines(Path.Combine(folder, "calls")) : [];

    private string[] Releases() =>
    [
        .. Directory.CreateDirectory(Path.Combine(folder, "out/releases")).EnumerateFiles("*.zip", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file.FullName)),
    ];

    private void Fake(string program, string body)
    {
        var path = Write($"programs/{program}", $"#!/usr/bin/env bash\necho \"{program} $*\" >>\"{folder}/calls\"\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private string Write(string file, string text)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}

/// <summary>A test of a bash script, skipped on Windows.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DeployFactAttribute : FactAttribute
{
    public DeployFactAttribute() => Skip = OperatingSystem.IsWindows() ? "infra/azure/deploy is a bash script." : null;
}

/// <inheritdoc cref="DeployFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DeployTheoryAttribute : TheoryAttribute
{
    public DeployTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? "infra/azure/deploy is a bash script." : null;
}
