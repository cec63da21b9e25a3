using Portal.Tests.Support;
using Xunit.Sdk;

namespace Portal.Tests.Integration.Infra.Postgres;

public sealed class EventuallyTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(60);

    [Fact]
    public async Task The_wanted_value_is_returned()
    {
        var value = 0;
        Assert.Equal(3, await Eventually.ValueAsync(() => ++value, seen => seen == 3, "three"));
    }

    [Fact]
    public async Task The_message_names_what_was_awaited_and_what_was_seen_last()
    {
        var failure = await Assert.ThrowsAsync<XunitException>(
            () => Eventually.ValueAsync(() => new { Status = "waiting" }, _ => false, "the upload to be ready", Short));

        Assert.Contains("the upload to be ready", failure.Message, StringComparison.Ordinal);
        Assert.Contains("{\"Status\":\"waiting\"}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_read_is_not_yet()
    {
        var attempts = 0;
        await Eventually.TrueAsync(() => ++attempts > 2 ? true : throw new InvalidOperationException("not up"), "it to be up");

        var failure = await Assert.ThrowsAsync<XunitException>(
            () =>
                Eventually.ValueAsync(
                    (Func<int>)(() => throw new InvalidOperationException("still not up")), _ => true, "it to be up", Short));
        Assert.Contains("still not up", failure.Message, StringComparison.Ordinal);
    }
}
