using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Portal.Foundation.Alerts;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Limits;
using Portal.Operations.Incidents;
using Portal.Operations.Objectives;
using Portal.Operations.Probes;

namespace Portal.Tests.Support.Objectives;

/// <summary>A stretch of time in which things go wrong, in minutes from the start.</summary>
/// <param name="Failing">Share of requests that are answered 500.</param>
/// <param name="Slow">Share of those that took a second and a half.</param>
public sealed record TrafficFault(int From, int Minutes, double Failing, double Slow = 0);

/// <param name="Minutes">How long it is watched.</param>
/// <param name="Quiet">So many minutes at the beginning have a request or two a minute.</param>
/// <param name="PerMinute">Requests after that.</param>
/// <param name="Partition">Minutes in which one instance reaches no database.</param>
public sealed record TrafficOptions(
    int Minutes, int Quiet, int PerMinute, int Instances, int Seed, IReadOnlyList<TrafficFault> Faults, (int From, int Minutes) Partition);

/// <param name="Counted">Requests in the log.</param>
/// <param name="Moves">What was opened and closed, and when, as the rows say it: "minute objective page|warning opened|closed".</param>
/// <param name="Violations">Empty when the portal says what the log says.</param>
public sealed record TrafficResult(
    long Counted, int FailedFlushes, IReadOnlyList<string> Moves, TimeSpan Watching, IReadOnlyList<string> Violations);

/// <summary>
/// Requests of a day with injected faults, counted by several instances that flush to a real Postgres and lose answers on the way, watched
/// every minute. Whoever runs it keeps a log of every request and recomputes from that alone, with rules written down here a second time,
/// what each minute and each budget must be, and what must page and warn and close in which minute.
/// </summary>
public sealed class TrafficDay(TestDatabase database, TrafficOptions options)
{
    private static readonly string[] Functions =
        ["OpenShareLink", "PlayAsset", "ListProjects", "ReadMe", "DownloadShared", "HealthReady", "MuxWebhook", "ReplayUpload"];

    private readonly Random random = new(options.Seed);
    private readonly TestClock clock = new();
    private readonly List<LoggedRequest> log = [];
    private readonly List<Instance> instances = [];
    private int failedFlushes;

    public async Task<TrafficResult> RunAsync()
    {
        var db = new PortalDb(database.Portal);
        var store = new ObjectiveStore(
            db, new ProbeGuest(Options.Create(new ProbeOptions()), new PersonalHash(Options.Create(new PrivacyOptions()))));
        var watch = Watch(db, store);
        var add = new RequestFigureStore(db, clock);
        instances.AddRange(Enumerable.Range(0, options.Instances).Select(number => new Instance(clock, options.Seed + number, add)));
        var watching = TimeSpan.Zero;
        for (var second = 0; second <= (options.Minutes * 60) + 20; second += 10)
        {
            await FlushAsync(second);
            if (second % 60 == 20)
            {
                var began = TimeProvider.System.GetTimestamp();
                await watch.RunAsync(CancellationToken.None);
                watching += TimeProvider.System.GetElapsedTime(began);
            }

            Answer(second);
        }

        await using var connection = new NpgsqlConnection(database.Admin);
        var violations = new List<string>();
        var moves = await MovesAsync(connection);
        Compare(violations, "what was opened and closed", new TrafficOracle(log, Minute, options.Minutes).Moves(), moves);
        Compare(violations, "minutes", ExpectedMinutes(), await MinutesAsync(connection));
        Compare(violations, "budgets", ExpectedBudgets(), await BudgetsAsync(store));
        instances.ForEach(instance => instance.Dispose());
        return new(log.Count, failedFlushes, moves, watching, violations);
    }

    private WatchObjectives Watch(PortalDb db, ObjectiveStore store)
    {
        var audit = new AuditWriter(clock);
        var incidents = new IncidentStore(db, audit, clock);
        var alertMoves = new AlertTransitions(clock);
        var moves = new IncidentTransitions(db, incidents, alertMoves, audit);
        var alerts = new AlertStore(
            db, [new AlertIncidents(incidents, moves)], alertMoves, clock, NullLogger<AlertStore>.Instance);
        return new(
            store, new ReportBreach(db, incidents, new ChangeFreezeStore(db, audit, clock), audit), incidents,
            moves, alerts, db, clock);
    }

    /// <summary>The requests of the next ten seconds, in their order, each on one of the instances.</summary>
    private void Answer(int second)
    {
        var minute = second / 60;
        var perMinute = minute < options.Quiet ? random.Next(1, 3) : options.PerMinute;
        var count = (perMinute / 6) + (random.Next(6) < perMinute % 6 ? 1 : 0);
        var offsets = Enumerable.Range(0, count).Select(_ => random.Next(10_000)).Order().ToList();
        var from = TestClock.DefaultStart.AddSeconds(second);
        foreach (var offset in offsets)
        {
            clock.Advance(from.AddMilliseconds(offset) - clock.GetUtcNow());
            var request = Request(minute);
            log.Add(request);
            instances[random.Next(instances.Count)].Figures.Count(
                request.Function, request.Status, TimeSpan.FromMilliseconds(request.Milliseconds));
        }

        clock.Advance(from.AddSeconds(10) - clock.GetUtcNow());
    }

    private LoggedRequest Request(int minute)
    {
        var fault = options.Faults.FirstOrDefault(at => minute >= at.From && minute < at.From + at.Minutes);
        var status = random.NextDouble() < (fault?.Failing ?? 0) ? 500 : random.Next(20) == 0 ? 404 : random.Next(10) == 0 ? 304 : 200;
        var took = random.NextDouble() < (fault?.Slow ?? 0) ? 1500 : random.Next(400) == 0 ? 300 : random.Next(1, 280);
        return new(clock.GetUtcNow(), Functions[random.Next(Functions.Length)], status, took);
    }

    private async Task FlushAsync(int second)
    {
        var cut = second / 60 >= options.Partition.From && second / 60 < options.Partition.From + options.Partition.Minutes;
        foreach (var instance in instances)
        {
            if (!await instance.TryFlushAsync(cut && instance == instances[0]))
            {
                failedFlushes++;
            }
        }
    }

    private int Minute(DateTimeOffset at) => (int)((at - TestClock.DefaultStart).Ticks / TimeSpan.TicksPerMinute);

    private List<string> ExpectedMinutes() =>
    [
        .. from promise in LoggedPromise.All
           from minute in log.Where(promise.Counts).GroupBy(request => Minute(request.At))
           where minute.Key < options.Minutes
           select $"{promise.Name} {minute.Key} {minute.Count(promise.IsGood)}/{minute.Count()}",
    ];

    private List<string> ExpectedBudgets() =>
    [
        .. from promise in LoggedPromise.All
           let counted = log.Where(request => Minute(request.At) < options.Minutes).Where(promise.Counts).ToList()
           let bad = counted.Count(request => !promise.IsGood(request))
           select $"{promise.Name} {counted.Count - bad}/{counted.Count} {1 - (bad / (counted.Count * promise.MayFail)):0.0000000000}",
    ];

    private async Task<List<string>> MinutesAsync(NpgsqlConnection connection) =>
    [
        .. (await connection.QueryAsync<(string Objective, DateTime Minute, long Good, long Total)>(
            "select objective, minute, good, total from portal.objective_minutes where objective = any(@names)",
            new { names = LoggedPromise.All.Select(promise => promise.Name).ToArray() }))
            .Select(row => $"{row.Objective} {Minute(new(row.Minute, TimeSpan.Zero))} {row.Good}/{row.Total}"),
    ];

    private async Task<List<string>> BudgetsAsync(ObjectiveStore store)
    {
        var (_, objectives) = await new ObjectiveQueries(store, clock).AllAsync(CancellationToken.None);
        return
        [
            .. from promise in LoggedPromise.All
               let look = objectives.Single(look => look.Objective.Name == promise.Name)
               select $"{promise.Name} {look.Budget.Good}/{look.Budget.Total} {look.Objective.BudgetLeft(look.Budget):0.0000000000}",
        ];
    }

    private async Task<List<string>> MovesAsync(NpgsqlConnection connection)
    {
        var rows = await connection.QueryAsync<(string Objective, string What, DateTime Opened, DateTime? Closed)>("""
            select dedup_key, 'page', opened_at, resolved_at from portal.incidents where kind = 'error_budget_breach'
            union all
            select dedup_key, 'warning', first_at, resolved_at from portal.alerts where kind = 'budget_burning'
            """);
        return
        [
            .. rows.SelectMany(row => new[] { (At: (DateTime?)row.Opened, Move: "opened"), (At: row.Closed, Move: "closed") }
                .Where(move => move.At is not null)
                .Select(move => TrafficOracle.Move(Minute(new(move.At!.Value, TimeSpan.Zero)), row.Objective, row.What, move.Move))),
        ];
    }

    private static void Compare(List<string> violations, string what, IEnumerable<string> expected, IEnumerable<string> found)
    {
        var (wanted, there) = (expected.ToHashSet(), found.ToHashSet());
        violations.AddRange(wanted.Except(there).Order(StringComparer.Ordinal).Take(20).Select(line => $"{what}: missing {line}"));
        violations.AddRange(there.Except(wanted).Order(StringComparer.Ordinal).Take(20).Select(line => $"{what}: not in the log {line}"));
    }

    /// <summary>One process of the app. Of its flushes some never arrive and of some the answer gets lost, never three in a row.</summary>
    private sealed class Instance : IDisposable
    {
        private readonly FlushRequestFigures flush;
        private readonly RequestFigureStore store;
        private readonly Random luck;
        private bool cut;
        private int bad;

        public Instance(TestClock clock, int seed, RequestFigureStore store)
        {
            this.store = store;
            luck = new(seed);
            Figures = new(clock);
            flush = new(Figures, AddAsync, clock, NullLogger<FlushRequestFigures>.Instance);
        }

        public RequestFigures Figures { get; }

        public async Task<bool> TryFlushAsync(bool unreachable)
        {
            cut = unreachable;
            try
            {
                await flush.RunAsync(CancellationToken.None);
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        public void Dispose() => flush.Dispose();

        private async Task AddAsync(FigureBatch batch, CancellationToken ct)
        {
            if (cut)
            {
                throw new TimeoutException("No database can be reached.");
            }

            var chance = bad < 2 ? luck.Next(20) : int.MaxValue;
            bad = chance < 2 ? bad + 1 : 0;
            if (chance == 0)
            {
                throw new TimeoutException("It never arrived.");
            }

            await store.AddAsync(batch, ct);
            if (chance == 1)
            {
                throw new TimeoutException("Its answer got lost.");
            }
        }
    }
}
