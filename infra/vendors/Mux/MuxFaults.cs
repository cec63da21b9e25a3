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
    public void FailNextEncodings(int count, string message)
    {
        lock (gate)
        {
            failures = count;
            reason = message;
        }
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        ShuffleWebhooks = false;
        FailNextEncodings(0, "");
    }

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
