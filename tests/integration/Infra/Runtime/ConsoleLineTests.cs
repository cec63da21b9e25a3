using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Runtime;

public sealed class ConsoleLineTests(RuntimeDatabase database) : IClassFixture<RuntimeDatabase>
{
    [Fact]
    public async Task Event_is_one_line_with_UTC_time_level_short_category_and_ids()
    {
        Assert.Equal(
            "2026-03-02T09:00:00.000Z WARN  SettleUpload: late by 3 s { TenantId=t1 AssetId=a2 }\n",
            await WriteAsync(
                "Portal.Videos.Uploads.SettleUpload", LogLevel.Warning, "late by 3 s", null, [
                    new("TenantId", "t1"), new("Empty", null)
                ], [new("AssetId", "a2")]));
    }

    [Fact]
    public async Task Line_breaks_cannot_forge_an_event()
    {
        var text = await WriteAsync(
            "Function.Upload", LogLevel.Information, "title\r\n2026-03-02T09:00:00.000Z ERROR forged", null, [[new("Id", "a\nb")]]);
        Assert.Equal("2026-03-02T09:00:00.000Z info  Upload: title  2026-03-02T09:00:00.000Z ERROR forged { Id=a b }\n", text);
    }

    [Fact]
    public async Task Exception_is_named_in_the_line_and_its_stack_follows_indented()
    {
        Exception thrown;
        try
        {
            throw new InvalidDataException("no\nmoov atom");
        }
        catch (InvalidDataException caught)
        {
            thrown = caught;
        }

        var lines = (await WriteAsync("Portal.Runtime.X`1[[Y]]", LogLevel.Error, "inspect failed", thrown)).TrimEnd().Split('\n');
        Assert.Equal("2026-03-02T09:00:00.000Z ERROR X: inspect failed | InvalidDataException: no moov atom", lines[0]);
        Assert.True(lines.Length > 1);
        Assert.All(lines.Skip(1), line => Assert.StartsWith("    at ", line, StringComparison.Ordinal));
    }

    private async Task<string> WriteAsync(
        string category, LogLevel level, string message, Exception? exception, params KeyValuePair<string, object?>[][] scopes)
    {
        await using var host = await RuntimeHost.StartAsync(
            database, new RuntimeHost.Setup { Functions = [typeof(KeySamples)], Clock = new TestClock() });
        var formatter = host.Host.Services.GetServices<ConsoleFormatter>().Single(formatter => formatter.Name == "one-line");
        var provider = new LoggerExternalScopeProvider();
        foreach (var scope in scopes)
        {
            provider.Push(scope);
        }

        await using var writer = new StringWriter { NewLine = "\n" };
        formatter.Write(new LogEntry<string>(level, category, default, message, exception, (state, _) => state), provider, writer);
        return writer.ToString();
    }
}
