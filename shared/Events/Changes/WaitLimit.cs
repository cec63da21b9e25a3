using Microsoft.Extensions.Options;
using Portal.Foundation.Faults;

namespace Portal.Events.Changes;

/// <summary>How many may wait in this process: of one person or guest, and in all.</summary>
public sealed class WaitLimit(IOptions<ChangeOptions> options)
{
    private const int SecondsToWait = 5;
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, int> waiting = [];
    private int all;

    /// <summary>A place that is given back by disposing of it.</summary>
    /// <param name="who">The person's id, or the viewer's.</param>
    public Result<IDisposable> Enter(Guid who)
    {
        lock (gate)
        {
            var own = waiting.GetValueOrDefault(who);
            if (own >= options.Value.WaitsPerPerson)
            {
                return new Refusal.TooMany(SecondsToWait, $"At most {options.Value.WaitsPerPerson} requests of yours may wait at once.");
            }

            if (all >= options.Value.MaxWaiting)
            {
                return new Refusal.Unavailable(SecondsToWait, "Too many wait for changes just now.");
            }

            waiting[who] = own + 1;
            all++;
            return new Place(this, who);
        }
    }

    private void Leave(Guid who)
    {
        lock (gate)
        {
            all--;
            if (--waiting[who] == 0)
            {
                waiting.Remove(who);
            }
        }
    }

    private sealed class Place(WaitLimit limit, Guid who) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0)
            {
                limit.Leave(who);
            }
        }
    }
}
