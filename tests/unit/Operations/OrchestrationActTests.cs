using Portal.Foundation.Identity;
using Portal.Operations.Orchestrations;
using Portal.Videos.Uploads;

namespace Portal.Tests.Unit.Operations;

/// <summary>What people on call may do to an orchestration, by its state and that of the upload it carries.</summary>
public sealed class OrchestrationActTests
{
    [Theory]
    [InlineData(RuntimeStatus.Failed, null, true, true)]
    [InlineData(RuntimeStatus.Completed, null, true, false)]
    [InlineData(RuntimeStatus.Terminated, null, true, false)]
    [InlineData(RuntimeStatus.Running, null, true, false)]
    [InlineData(RuntimeStatus.Suspended, null, true, false)]
    [InlineData(RuntimeStatus.Failed, UploadStatus.Waiting, true, true)]
    [InlineData(RuntimeStatus.Failed, UploadStatus.Processing, true, true)]
    [InlineData(RuntimeStatus.Failed, UploadStatus.Waiting, false, false)]
    [InlineData(RuntimeStatus.Failed, UploadStatus.Failed, true, false)]
    [InlineData(RuntimeStatus.Failed, UploadStatus.Ready, true, false)]
    [InlineData(RuntimeStatus.Failed, UploadStatus.Cancelled, true, false)]
    public void Rewinding_is_for_what_failed_and_has_something_left_to_do(string status, string? upload, bool isCurrent, bool possible)
    {
        var now = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
        var instance = new OrchestrationInstance("some", "Some", status, null, null, now, now, []);
        var note = upload is null
            ? null
            : new UploadNote(
                Guid.NewGuid(), TenantId.Platform, 1, isCurrent ? 1 : 2, UploadSource.Direct, upload, 0, null, null, null, null, now, now,
                now, now);

        Assert.Equal(possible, OrchestrationAct.PossibleFor(instance, note).Contains(OrchestrationAct.Rewind));
        Assert.DoesNotContain(OrchestrationAct.Rewind, OrchestrationAct.PossibleFor(null, note));
    }
}
