using System.Globalization;
using Spectre.Console;

namespace Portal.Local;

/// <summary>
/// What a person reads: one line a step, with the time since the start and the step's own. Colours on a terminal, plain text elsewhere.
/// </summary>
internal sealed class Screen : IProgress<string>
{
    // Spectre would break long lines, and a broken address cannot be copied; a terminal wraps by itself.
    private const int NoWrapping = 100_000;
    private const int WidestTable = 120;

    private readonly IAnsiConsole console;
    private readonly TimeProvider clock;
    private readonly long began;
    private readonly int terminalWidth;
    private readonly Lock gate = new();

    public Screen(TextWriter writer, TimeProvider clock)
    {
        this.clock = clock;
        began = clock.GetTimestamp();
        var output = new AnsiConsoleOutput(writer);
        console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = output,
            Ansi = output.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            Interactive = InteractionSupport.No,
        });
        terminalWidth = output.IsTerminal ? console.Profile.Width : WidestTable;
        console.Profile.Width = NoWrapping;
    }

    /// <summary>A heading with an empty line before it.</summary>
    public void Heading(string text) => Write($"\n[bold]{Markup.Escape(text)}[/]");

    /// <summary>A line without a time.</summary>
    public void Line(string text = "") => Write(Markup.Escape(text));

    /// <summary>Something on the way to the end of a step.</summary>
    public void Report(string value) => Write($"[grey]{Now()}    {Markup.Escape(value)}[/]");

    public void Failed(string text) => Write($"[red]{Markup.Escape(text)}[/]");

    public void FailedStep(string what, string why) =>
        Write($"[grey]{Now()}[/]  [red]✗ {Markup.Escape(what.PadRight(18))}[/] {Markup.Escape(why)}");

    /// <summary>Runs a step and prints what it returns, with the time it took.</summary>
    public async Task<T> StepAsync<T>(string what, Func<Task<T>> run, Func<T, string> describe)
    {
        var start = clock.GetTimestamp();
        var result = await run();
        var took = clock.GetElapsedTime(start).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
        Write($"[grey]{Now()}[/]  [green]✓[/] {Markup.Escape(what.PadRight(18))} {Markup.Escape(describe(result))} [grey]({took} s)[/]");
        return result;
    }

    public Task<string> StepAsync(string what, Func<Task<string>> run) => StepAsync(what, run, text => text);

    public void Table(Table table)
    {
        lock (gate)
        {
            console.Profile.Width = terminalWidth;
            console.Write(table);
            console.Profile.Width = NoWrapping;
        }
    }

    private string Now() => clock.GetElapsedTime(began).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture).PadLeft(7) + " s";

    private void Write(string markup)
    {
        lock (gate)
        {
            console.MarkupLine(markup);
        }
    }
}
