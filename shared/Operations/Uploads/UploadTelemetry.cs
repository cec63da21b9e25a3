namespace Portal.Operations.Uploads;

/// <summary>How long a stage of uploads took, or how large they are: the values in the middle and near the end, and the largest.</summary>
/// <param name="Count">Of how many.</param>
public sealed record Spread<T>(int Count, T P50, T P95, T P99, T Max)
    where T : struct;

/// <summary>How often attempts ended in a failure of that code, also those that another attempt followed.</summary>
public sealed record FailureCount(string Code, int Attempts);

/// <summary>The uploads that were asked for on one day (UTC) from one source, as their rows are now. It names no tenant.</summary>
/// <param name="Retried">Uploads with more than one attempt.</param>
/// <param name="Retries">Attempts after the first, of all of them.</param>
/// <param name="FailedCalls">Calls of ours to vendors that failed in the attempts that the rows are at.</param>
/// <param name="BytesAfter">Seconds from the request until all bytes had arrived at Mux or Vercel Blob; null: of none is it known.</param>
/// <param name="ReadyAfter">Seconds from the request until the video could be watched, all attempts in between included.</param>
/// <param name="ReadyAfterBytes">Seconds from the bytes to the video.</param>
/// <param name="Sizes">Bytes.</param>
public sealed record UploadDay(
    DateOnly Day, string Source, int Uploads, int UnderWay, int Ready, int Failed, int TimedOut, int Cancelled, int Retried, int Retries,
    int FailedCalls, Spread<double>? BytesAfter, Spread<double>? ReadyAfter, Spread<double>? ReadyAfterBytes, Spread<long>? Sizes,
    IReadOnlyList<FailureCount> Failures);

/// <summary>Days of uploads, newest first.</summary>
/// <param name="CompleteSince">From that day on no row has been pruned. Days before it may have lost some, or all.</param>
public sealed record UploadDays(DateOnly CompleteSince, IReadOnlyList<UploadDay> Days);
