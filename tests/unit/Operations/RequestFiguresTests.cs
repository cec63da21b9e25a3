using Microsoft.Extensions.Logging.Abstractions;
using Portal.Operations.Objectives;
using Portal.Tests.Support;

namespace Portal.Tests.Unit.Operations;

/// <summary>Requests are counted in memory and handed in exactly once.</summary>
public sealed class RequestFiguresTests : IDisposable
{
    private readonly TestClock clock = new();
    private readonly RequestFigures figures;
    private readonly FlushRequestFigures flush;
    private readonly List<FigureBatch> sent = [];
    private readonly Queue<Exception> faults = [];

    public RequestFiguresTests()
    {
        figures = new(clock);
        flush = new(figures, AddAsync, clock, NullLogger<FlushRequestFigures>.Instance);
    }

    public void Dispose() => flush.Dispose();

    [Theory]
    [InlineData(200, "ok")]
    [InlineData(304, "ok")]
    [InlineData(399, "ok")]
    [InlineData(400, "refused")]
    [InlineData(499, "refused")]
    [InlineData(500, "failed")]
    [InlineData(503, "failed")]
    public void A_status_is_an_outcome(int status, string outcome)
    {
        figures.Count("ReadMe", status, TimeSpan.Zero);
        Assert.Equal(new(TestClock.DefaultStart, "ReadMe", outcome, 25, 1), Assert.Single(figures.Take().Figures));
    }

    [Theory]
    [InlineData(0, 25)]
    [InlineData(299.9999, 300)]
    [InlineData(300, 500)]
    [InlineData(300.0001, 500)]
    [InlineData(999.9999, 1000)]
    [InlineData(1000, 2000)]
    [InlineData(59_999.9999, 60_000)]
    [InlineData(60_000, int.MaxValue)]
    [InlineData(86_400_000, int.MaxValue)]
    public void A_time_is_below_the_bound_that_it_is_counted_under(double milliseconds, int under)
    {
        figures.Count("ReadMe", 200, TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(under, Assert.Single(figures.Take().Figures).UnderMs);
    }

    [Fact]
    public void Each_minute_is_counted_for_itself_whenever_it_is_taken()
    {
        clock.Advance(TimeSpan.FromSeconds(59.999));
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        Assert.Equal(
            [(TestClock.DefaultStart, 1L), (TestClock.DefaultStart.AddMinutes(1), 2L)],
            figures.Take().Figures.Select(figure => (figure.Minute, figure.Requests)).Order());
        Assert.Empty(figures.Take().Figures);
    }

    [Fact]
    public async Task Requests_of_many_threads_are_all_counted_while_they_are_taken()
    {
        const int Threads = 4;
        const int Each = 20_000;
        var counting = Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                figures.Count($"Function{(thread + i) % 7}", 200 + (100 * (i % 4)), TimeSpan.FromMilliseconds(i % 700));
            }
        })));
        var total = 0L;
        while (!counting.IsCompleted)
        {
            total += figures.Take().Figures.Sum(figure => figure.Requests);
        }

        await counting;
        Assert.Equal(Threads * Each, total + figures.Take().Figures.Sum(figure => figure.Requests));
    }

    [Fact]
    public async Task A_batch_whose_answer_got_lost_is_sent_again_as_it_was_before_anything_newer()
    {
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        faults.Enqueue(new TimeoutException());
        faults.Enqueue(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => flush.RunAsync(CancellationToken.None));
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        await Assert.ThrowsAsync<TimeoutException>(() => flush.RunAsync(CancellationToken.None));
        figures.Count("ReadMe", 500, TimeSpan.Zero);
        await flush.RunAsync(CancellationToken.None);

        Assert.Equal([1L, 1, 1, 2], sent.Select(batch => batch.Number));
        Assert.Single(sent.Select(batch => batch.Instance).Distinct());
        Assert.Same(sent[0], sent[2]);
        Assert.Equal([1L, 1], sent[3].Figures.Select(figure => figure.Requests));
        await flush.RunAsync(CancellationToken.None);
        Assert.Equal(4, sent.Count);
    }

    [Fact]
    public async Task What_waits_for_the_database_is_kept_for_six_hours_and_no_longer()
    {
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        faults.Enqueue(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => flush.RunAsync(CancellationToken.None));
        clock.Advance(TimeSpan.FromMinutes(1));
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        clock.Advance(TimeSpan.FromMinutes(359));
        faults.Enqueue(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => flush.RunAsync(CancellationToken.None));
        Assert.Equal([1L, 1], sent.Select(batch => batch.Number));

        // The first batch is past it by now, the second minute is not.
        clock.Advance(TimeSpan.FromMinutes(1));
        await flush.RunAsync(CancellationToken.None);
        Assert.Equal(2, sent[^1].Number);
        Assert.Equal(TestClock.DefaultStart.AddMinutes(1), Assert.Single(sent[^1].Figures).Minute);

        figures.Count("ReadMe", 200, TimeSpan.Zero);
        clock.Advance(TimeSpan.FromMinutes(361));
        figures.Count("ReadMe", 200, TimeSpan.Zero);
        var (left, givenUp) = figures.Take();
        Assert.Equal((1, 1L), (left.Count, givenUp));
    }

    private Task AddAsync(FigureBatch batch, CancellationToken ct)
    {
        sent.Add(batch);
        return faults.TryDequeue(out var fault) ? Task.FromException(fault) : Task.CompletedTask;
    }
}
