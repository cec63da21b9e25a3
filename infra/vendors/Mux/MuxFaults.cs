using System.Text.Json.Nodes;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>What can go wrong at Mux, switched at run time.</summary>
public sealed class MuxFaults : VendorFaults
{
    private readonly Lock gate = new();
    private int failures;
    private string reason = "";

    /// <summary><c>ready</c> (or <c>errored</c>) of an asset is tried before <c>video.upload.asset_created</c> and
    /// <c>video.asset.created</c>.</summary>
    public bool ShuffleWebhooks { get; set; }

    /// <summary>The next assets that come to be end <c>errored</c> with this message, whatever was sent.</summary>
    /// <param name="type">What Mux calls it; anything but <c>invalid_input</c> is not the file's fault.</param>
    public void FailNextEncodings(int count, string message, string type = "invalid_input")
    {
        lock (gate)
        {
            failures = count;
            reason = new JsonObject { ["type"] = type, ["messages"] = new JsonArray(message) }.ToJsonString();
        }
    }

    /// <summary>The account has no usage exports: it is on the free plan, or nobody switched them on.</summary>
    public bool NoUsageExports { get; set; }

    /// <summary>The links of so many of the next lists of usage exports have ended by the time they are used.</summary>
    public int EndedUsageLinks { get; set; }

    /// <summary>What becomes of a day's file of usage, before it is measured and sent.</summary>
    public Func<DateOnly, string, string>? AlterUsageExport { get; set; }

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        ShuffleWebhooks = false;
        NoUsageExports = false;
        EndedUsageLinks = 0;
        AlterUsageExport = null;
        FailNextEncodings(0, "");
    }

    internal override bool TryApply(FaultPlan plan)
    {
        if (!base.TryApply(plan with
        {
            ShuffleWebhooks = null,
            FailEncodings = 0,
            NoUsageExports = null,
            EndedUsageLinks = 0,
        }))
        {
            return false;
        }

        ShuffleWebhooks = plan.ShuffleWebhooks ?? ShuffleWebhooks;
        NoUsageExports = plan.NoUsageExports ?? NoUsageExports;
        EndedUsageLinks += plan.EndedUsageLinks;
        if (plan.FailEncodings > 0)
        {
            FailNextEncodings(plan.FailEncodings, plan.Message);
        }

        return true;
    }

    internal override JsonObject Show()
    {
        var shown = base.Show();
        shown["shuffleWebhooks"] = ShuffleWebhooks;
        shown["noUsageExports"] = NoUsageExports;
        shown["endedUsageLinks"] = EndedUsageLinks;
        lock (gate)
        {
            shown["encodingsToFail"] = failures;
        }

        return shown;
    }

    /// <summary>The asset's <c>errors</c>, as JSON.</summary>
    internal string? TakeEncodingFailure()
    {
        lock (gate)
        {
            if (failures == 0)
            {
                return null;
            }
            failures--;
            return reason;
        }
    }
}
