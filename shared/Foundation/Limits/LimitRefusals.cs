using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Portal.Foundation.Limits;

/// <summary>
/// What becomes of a request that is over a limit: it is counted for on-call, and refused; or let through where the limit is only observed
/// (<c>Limits:Mode</c>), so that a new number is tried out before it hurts somebody. What is let through is logged once for each key in a
/// minute.
/// </summary>
public sealed partial class LimitRefusals(LimitFigures figures, IOptions<LimitOptions> options, ILogger<LimitRefusals> logger)
{
    /// <param name="key">Whose limit it is: an id, or the beginning of a keyed hash. Never an address, a token or a name.</param>
    public Hit Judge(string limit, string key, Hit hit) =>
        hit.Allowed || Refuses(limit, key) ? hit : hit with { Allowed = true };

    /// <summary>Counts a request that is over the limit. False: it is let through.</summary>
    public bool Refuses(string limit, string key)
    {
        var mode = options.Value.ModeOf(limit);
        var isFirst = figures.Count(limit, key, mode);
        if (mode == LimitMode.Enforce)
        {
            return true;
        }

        if (isFirst)
        {
            Log.LetThrough(logger, limit, key);
        }

        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Limit {Limit} is observed: it would have refused {Key} in this minute")]
        public static partial void LetThrough(ILogger logger, string limit, string key);
    }
}
