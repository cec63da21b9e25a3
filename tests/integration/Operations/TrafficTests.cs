using System.Globalization;
using Portal.Tests.Support;
using Portal.Tests.Support.Objectives;

namespace Portal.Tests.Integration.Operations;

/// <summary>An hour of what <c>tests/soak -- objectives</c> does with a day.</summary>
public sealed class TrafficTests
{
    [Fact]
    public async Task What_the_portal_counts_pages_and_closes_is_what_a_log_of_every_request_says()
    {
        await using var database = await PostgresFixture.CloneAsync();
        var result = await new TrafficDay(database, new(
            75, 15, 600, 3, 15, [new(5, 2, 1), new(30, 10, 0.05), new(50, 5, 0, 0.3)], (18, 8))).RunAsync();

        Assert.Empty(result.Violations);
        Assert.True(result.FailedFlushes > 60, $"{result.FailedFlushes} flushes failed.");
        var moves = result.Moves.Select(move => (Minute: int.Parse(move[..4], CultureInfo.InvariantCulture), Move: move[5..])).ToList();
        Assert.Single(moves, move => move.Move == "availability page opened" && move.Minute is > 30 and < 40);
        Assert.Single(moves, move => move.Move == "availability page closed" && move.Minute is > 60 and <= 71);
        Assert.Contains(moves, move => move.Move == "api_latency warning opened" && move.Minute > 50);

        // The few failures of the quiet time wake nobody.
        Assert.DoesNotContain(moves, move => move.Minute < 30);
    }
}
