using System.Globalization;
using Portal.Postgres;

namespace Portal.Local;

internal enum Verb
{
    Demo,
    Serve,
    Token,
    Audit,
    Erasure,
    Evidence,
    Import,
    Rebuild,
    Webhooks,
    Help,
}

/// <summary>The command line, read and checked.</summary>
internal sealed record LauncherArguments
{
    public const int DefaultPort = 7071;

    public const string Usage = """
        Runs the portal on this machine, with Postgres and local Mux, Clerk, Resend, Vercel Blob and PagerDuty.

        dotnet run --project infra/local [-- <verb> [options]]

          demo [file]      starts everything and does the main job on a video, then stays up (default; a small clip is there)
          serve            starts everything and stays up
          token <person>   prints a session token that is good for an hour:
                           admin, agency, client, compliance, operator, or other-admin of the second tenant; or the address of
                           somebody who signed up or accepted an invitation at the local Clerk
          audit verify <export>    checks an export of the audit log, without a database; names the first row that is not
                           as it was sealed, and leaves with 1 then
          erasure verify <certificate>   checks the certificate of an erasure, without a database, and prints what it says; leaves
                           with 1 when it is not as it was signed
          evidence verify <zip>    checks evidence of who was given playback through a share link, without a database, and prints what
                           it says; leaves with 1 when it is not as it was signed, or a row not as it was sealed
          import <file>    restores the export of a tenant into a portal that does not have it, all of it or nothing: the local one, or
                           with --database any that has been migrated; leaves with 1 when the file is not as it should be
          events rebuild   makes what is counted from events (project progress, unread counts, analytics) again, and leaves with 1
                           when something differed; it is put right then
          webhooks capture <file>  writes the events of the local inbox as lines of JSON
          webhooks replay <file>   sends such events, signed anew, to the app that runs at --port, and tells what changed

          --port <number>          of the app (7071; 0 takes any free one); the vendors take ports near it
          --database <address>     Host=…;Database=… or postgres://…, a direct connection; else PORTAL_DATABASE; else a server of its own
          --fresh                  throws away the local data first: the own server's, or in a given database the schemas
                                   portal, durable, runtime, vendors, local and the table public.schema_migrations
          --key <id=file>          with audit, erasure and evidence: the public key (PEM) that what this key id signed must be signed with,
                                   from elsewhere than the file; may be repeated
          --organization <id>      with import: where its people sign in, at Clerk; else the organization that the file names
          --shuffle, --duplicate, --gaps   with webhooks replay: in an order drawn by lot, each twice, or some left out
          --seed <number>          with webhooks replay: what the lot is drawn with (1)
          --as-azure               with demo and serve: the published app in a process of its own, on Microsoft's Durable engine and
                                   Azurite (npm), instead of the fast local runtime; slower, and what is deployed
          --exit                   with demo: leaves when it is done, with 0 if every step succeeded
          --help                   prints this

        Ctrl+C or SIGTERM stops everything that was started. A second Ctrl+C does not wait.
        """;

    public Verb Verb { get; init; } = Verb.Demo;

    /// <summary>The video; null is the clip of the repository.</summary>
    public string? File { get; init; }

    public string? Person { get; init; }

    /// <summary>Public keys for audit, erasure and evidence verify: <c>id=file</c>.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Of webhooks: replay, else capture.</summary>
    public bool Replays { get; init; }

    public ReplayMode Replay { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Of import: where people sign in; null leaves it to the file.</summary>
    public string? Organization { get; init; }

    public int Port { get; init; } = DefaultPort;

    /// <summary>As given; null leaves it to PORTAL_DATABASE.</summary>
    public string? Database { get; init; }

    public bool Fresh { get; init; }

    public bool Exit { get; init; }

    /// <summary>The published app on infra/host instead of the function classes on infra/runtime.</summary>
    public bool AsAzure { get; init; }

    /// <exception cref="UsageException">It cannot be understood; the message says what to write instead.</exception>
    public static LauncherArguments Parse(IReadOnlyList<string> args)
    {
        var words = new List<string>();
        var read = new LauncherArguments();
        bool portGiven = false, help = false;
        for (var index = 0; index < args.Count; index++)
        {
            var (name, value) = Split(args[index]);
            switch (name)
            {
                case "--port":
                    read = read with { Port = PortOf(Value()) };
                    portGiven = true;
                    break;
                case "--database":
                    read = read with { Database = DatabaseOf(Value()) };
                    break;
                case "--key":
                    read = read with { Keys = [.. read.Keys, Value()] };
                    break;
                case "--organization":
                    read = read with { Organization = Value() };
                    break;
                case "--shuffle":
                    read = read with { Replay = Mode(ReplayMode.Shuffle) };
                    break;
                case "--duplicate":
                    read = read with { Replay = Mode(ReplayMode.Duplicate) };
                    break;
                case "--gaps":
                    read = read with { Replay = Mode(ReplayMode.Gaps) };
                    break;
                case "--seed":
                    read = read with { Seed = SeedOf(Value()) };
                    break;
                case "--fresh":
                    read = read with { Fresh = Flag() };
                    break;
                case "--as-azure":
                    read = read with { AsAzure = Flag() };
                    break;
                case "--exit":
                    read = read with { Exit = Flag() };
                    break;
                case "--help" or "-h" or "-?":
                    help = Flag();
                    break;
                case ['-', _, ..]:
                    throw Wrong($"{name} is not an option.");
                default:
                    words.Add(args[index]);
                    break;
            }

            string Value() => value ?? (++index < args.Count ? args[index] : throw Wrong($"{name} needs a value."));
            ReplayMode Mode(ReplayMode mode) =>
                Flag() && read.Replay == ReplayMode.InOrder
                    ? mode
                    : throw Wrong("Of --shuffle, --duplicate and --gaps one goes at a time.");
            bool Flag() => value is null ? true : throw Wrong($"{name} takes no value.");
        }

        return help ? read with { Verb = Verb.Help } : Check(WithWords(read, words), portGiven);
    }

    private static LauncherArguments WithWords(LauncherArguments read, List<string> words) => words switch
    {
        [] or ["demo"] => read,
        ["demo", var file] => read with { File = file },
        ["demo", ..] => throw Wrong("demo takes one file."),
        ["serve"] => read with { Verb = Verb.Serve },
        ["serve", ..] => throw Wrong("serve takes no file."),
        ["token"] => throw Wrong($"token needs a person: {DemoPeople.Names}."),
        ["token", var person] => read with { Verb = Verb.Token, Person = person },
        ["token", ..] => throw Wrong("token takes one person."),
        ["audit", "verify", var export] => read with { Verb = Verb.Audit, File = export },
        ["import", var file] => read with { Verb = Verb.Import, File = file },
        ["import", ..] => throw Wrong("import is written: import <file>."),
        ["events", "rebuild"] => read with { Verb = Verb.Rebuild },
        ["events", ..] => throw Wrong("events is written: events rebuild."),
        ["erasure", "verify", var certificate] => read with { Verb = Verb.Erasure, File = certificate },
        ["erasure", ..] => throw Wrong("erasure is written: erasure verify <certificate>."),
        ["evidence", "verify", var evidence] => read with { Verb = Verb.Evidence, File = evidence },
        ["evidence", ..] => throw Wrong("evidence is written: evidence verify <zip>."),
        ["audit", ..] => throw Wrong("audit is written: audit verify <export>."),
        ["webhooks", "replay", var file] => read with { Verb = Verb.Webhooks, Replays = true, File = file },
        ["webhooks", "capture", var file] => read with { Verb = Verb.Webhooks, File = file },
        ["webhooks", ..] => throw Wrong("webhooks is written: webhooks capture <file> or webhooks replay <file>."),
        ["help"] => read with { Verb = Verb.Help },
        [var word, ..] when System.IO.File.Exists(word) => throw Wrong($"{word} is a file, not a verb: write demo {word}."),
        [var word, ..] =>
            throw Wrong($"{word} is not a verb: there are demo, serve, token, audit, erasure, evidence, import, events and webhooks."),
    };

    private static LauncherArguments Check(LauncherArguments read, bool portGiven) => read switch
    {
        { AsAzure: true, Verb: not (Verb.Demo or Verb.Serve or Verb.Help) } => throw Wrong("--as-azure goes with demo and serve."),
        { Exit: true, Verb: not (Verb.Demo or Verb.Help) } => throw Wrong("--exit goes with demo."),
        { Verb: not (Verb.Audit or Verb.Erasure or Verb.Evidence or Verb.Help), Keys.Count: > 0 } =>
            throw Wrong("--key goes with audit verify, erasure verify and evidence verify."),
        { Replays: false, Verb: not Verb.Help, Replay: not ReplayMode.InOrder } =>
            throw Wrong("--shuffle, --duplicate and --gaps go with webhooks replay."),
        { Replays: false, Verb: not Verb.Help, Seed: not 1 } => throw Wrong("--seed goes with webhooks replay."),
        { Verb: Verb.Webhooks, Fresh: true } => throw Wrong("--fresh does not go with webhooks."),
        { Verb: Verb.Import, Fresh: true } => throw Wrong("--fresh does not go with import."),
        { Verb: not (Verb.Import or Verb.Help), Organization: not null } => throw Wrong("--organization goes with import."),
        { Verb: Verb.Token, Fresh: true } => throw Wrong("--fresh does not go with token."),
        { Verb: Verb.Token } when portGiven =>
            throw Wrong("--port does not go with token: one token is good for every app on the database."),
        { Verb: Verb.Token, Person: { } person } when DemoPeople.Find(person) is null && !person.Contains('@', StringComparison.Ordinal) =>
            throw new UsageException($"There is nobody called {person}. There are {DemoPeople.Names}."),
        _ => read,
    };

    private static (string Name, string? Value) Split(string argument) =>
        argument.StartsWith("--", StringComparison.Ordinal) && argument.IndexOf('=', StringComparison.Ordinal) is var at and > 0
            ? (argument[..at], argument[(at + 1)..])
            : (argument, null);

    private static int PortOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535
            ? port
            : throw Wrong($"--port must be 0 to 65535, not {text}.");

    private static int SeedOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
            ? seed
            : throw Wrong($"--seed must be a whole number, not {text}.");

    private static string DatabaseOf(string text)
    {
        try
        {
            return DatabaseAddress.Parse(text);
        }
        catch (ArgumentException exception)
        {
            throw Wrong($"--database: {exception.Message.Split(" (Parameter", 2)[0]}");
        }
    }

    private static UsageException Wrong(string message) => new($"{message} See --help.");
}
