using Microsoft.DurableTask;
using Moq;
using Portal.Compliance.Erasure;
using Portal.Functions.Compliance.Erasure;
using Portal.Tests.Unit.Foundation;

namespace Portal.Tests.Unit.Compliance;

/// <summary>The order in which a tenant is erased: what is elsewhere page by page, the rows that name it last.</summary>
public sealed class EraseTenantTests
{
    private static readonly ErasureRef Erasure = new(Guid.NewGuid(), Guid.NewGuid(), 1);
    private readonly Mock<TaskOrchestrationContext> context = new(MockBehavior.Strict);
    private readonly OrchestrationTime time;
    private readonly List<string> history = [];
    private DateTimeOffset? arrived = new(OrchestrationTime.Start);
    private int rows = 2;

    public EraseTenantTests()
    {
        time = new(context);
        context.Setup(c => c.CallActivityAsync<DateTimeOffset?>(EraseTenantActivities.Begin, Erasure, null))
            .Returns(() => DoneAsync(EraseTenantActivities.Begin, arrived));
        context.Setup(c => c.CallActivityAsync<string?>(It.IsAny<TaskName>(), It.IsAny<ErasurePage>(), null))
            .Returns((TaskName name, object? page, TaskOptions? _) =>
            {
                var after = ((ErasurePage)page!).After;
                return DoneAsync($"{name.Name} after '{after}'", after.Length == 0 ? "100" : null);
            });
        context.Setup(c => c.CallActivityAsync<bool>(It.IsAny<TaskName>(), Erasure, null))
            .Returns((TaskName name, object? _, TaskOptions? _) =>
                DoneAsync(name.Name, name.Name != EraseTenantActivities.Rows || --rows > 0));
    }

    [Theory]
    [InlineData(-60, 0, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(60, 60, 2)]
    public async Task What_was_on_its_way_is_waited_for_and_then_everything_goes_in_its_order(int arrives, int begins, int waits)
    {
        arrived = new DateTimeOffset(OrchestrationTime.Start).AddSeconds(arrives);
        Assert.Equal("completed", await EraseTenantOrchestration.RunAsync(context.Object, Erasure));
        var (at, told) = (TimeSpan.FromSeconds(begins), TimeSpan.FromSeconds(begins + 600));
        Assert.Equal(
            [
                "00:00:00 BeginTenantErasure", $"{at} EraseTenantAtMux after ''", $"{at} EraseTenantAtMux after '100'",
                $"{at} EraseTenantAtBlob after ''", $"{at} EraseTenantAtBlob after '100'", $"{at} EraseTenantAtClerk",
                $"{told} EraseTenantWebhooks", $"{told} EraseTenantRows", $"{told} EraseTenantRows", $"{told} CompleteTenantErasure",
            ],
            history);
        Assert.Equal(waits, time.Timers);
    }

    [Fact]
    public async Task One_whose_time_has_not_come_does_nothing()
    {
        arrived = null;
        Assert.Equal("not_due", await EraseTenantOrchestration.RunAsync(context.Object, Erasure));
        Assert.Equal(["00:00:00 BeginTenantErasure"], history);
    }

    private Task<T> DoneAsync<T>(string step, T answer)
    {
        history.Add($"{time.Passed:c} {step}");
        return Task.FromResult(answer);
    }
}
