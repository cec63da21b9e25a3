using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Moq;
using Portal.Events.Deliveries;
using Portal.Foundation.Faults;
using Portal.Functions.Events;
using Portal.Functions.Videos.Uploads;
using Portal.Videos.Uploads;

namespace Portal.Tests.Unit.Videos;

/// <summary>What Durable's client says becomes: done, nothing to do, or try again.</summary>
public sealed class UploadPipelinesTests
{
    private readonly Mock<DurableTaskClient> durable = new("hub") { CallBase = true };
    private readonly UploadPipelines pipelines;

    public UploadPipelinesTests() => pipelines = new(durable.Object);

    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.FailedPrecondition)]
    public async Task A_pipeline_that_ends_while_it_is_looked_at_needs_no_waking(StatusCode status)
    {
        Known(OrchestrationRuntimeStatus.Running);
        durable.Setup(d => d.RaiseEventAsync(PipelineScript.Upload.InstanceId, UploadRef.ChangedEvent, null, default))
            .ThrowsAsync(Rpc(status));
        await pipelines.SignalAsync(PipelineScript.Upload, default);
        durable.VerifyAll();
    }

    [Fact]
    public async Task One_that_has_ended_or_is_unknown_is_not_woken()
    {
        Known(OrchestrationRuntimeStatus.Completed);
        await pipelines.SignalAsync(PipelineScript.Upload, default);
        Known(null);
        await pipelines.SignalAsync(PipelineScript.Upload, default);
        durable.Verify(
            d => d.RaiseEventAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<object?>(), It.IsAny<CancellationToken>()),
            Times.Never);
    }

    public static TheoryData<Exception> Away =>
    [
        Rpc(StatusCode.Unavailable),
        Rpc(StatusCode.DeadlineExceeded),
        Rpc(StatusCode.Unknown),
        Rpc(StatusCode.Internal),
        new OperationCanceledException("The operation was canceled.", Rpc(StatusCode.Cancelled)),
    ];

    [Theory]
    [MemberData(nameof(Away))]
    public async Task An_engine_that_does_not_answer_means_try_again(Exception failure)
    {
        var starter = new DeliveryStarter(durable.Object);
        var delivery = new DeliveryRef(Guid.Empty, Guid.Empty, 1);
        Known(OrchestrationRuntimeStatus.Running);
        durable.Setup(d => d.RaiseEventAsync(It.IsAny<string>(), UploadRef.ChangedEvent, null, default)).ThrowsAsync(failure);
        await Assert.ThrowsAsync<TransientException>(() => pipelines.SignalAsync(PipelineScript.Upload, default));

        Known(null);
        durable.Setup(d => d.ScheduleNewOrchestrationInstanceAsync(
            It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<StartOrchestrationOptions?>(), default)).ThrowsAsync(failure);
        await Assert.ThrowsAsync<TransientException>(() => pipelines.StartAsync(PipelineScript.Upload, default));
        await Assert.ThrowsAsync<TransientException>(() => starter.StartAsync(delivery, default));

        durable.Setup(d => d.GetInstancesAsync(It.IsAny<string>(), It.IsAny<bool>(), default)).ThrowsAsync(failure);
        await Assert.ThrowsAsync<TransientException>(() => pipelines.SignalAsync(PipelineScript.Upload, default));
        await Assert.ThrowsAsync<TransientException>(() => pipelines.StartAsync(PipelineScript.Upload, default));
        await Assert.ThrowsAsync<TransientException>(() => starter.StartAsync(delivery, default));
    }

    [Fact]
    public async Task Who_gives_up_waiting_hears_just_that()
    {
        var left = new CancellationToken(canceled: true);
        durable.Setup(d => d.GetInstancesAsync(It.IsAny<string>(), It.IsAny<bool>(), left))
            .ThrowsAsync(new OperationCanceledException(left));
        await Assert.ThrowsAsync<OperationCanceledException>(() => pipelines.SignalAsync(PipelineScript.Upload, left));
    }

    private static RpcException Rpc(StatusCode status) => new(new Status(status, "said the host"));

    private void Known(OrchestrationRuntimeStatus? status)
    {
        var instance = new OrchestrationMetadata(UploadPipelineOrchestration.Name, "any") { RuntimeStatus = status ?? default };
        durable.Setup(d => d.GetInstancesAsync(It.IsAny<string>(), It.IsAny<bool>(), default))
            .ReturnsAsync(status is null ? null : instance);
    }
}
