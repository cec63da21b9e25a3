using Portal.Local;
using Portal.Local.Demo;

namespace Portal.Tests.EndToEnd;

/// <summary>Wrong command lines: a sentence that says what is wrong, exit code 2, nothing started.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task A_missing_file_is_told_before_anything_is_started()
    {
        var (code, output, errors) = await LauncherProcess.RunAsync("demo", "/no/such/film.mp4", "--exit");

        Assert.Equal(2, code);
        Assert.Equal("There is no file /no/such/film.mp4.\n", errors);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("demo one two", "demo takes one file")]
    [InlineData("serve film.mp4", "serve takes no file")]
    [InlineData("serve --exit", "--exit goes with demo")]
    [InlineData("token", "token needs a person: admin, agency, client, compliance, operator, other-admin")]
    [InlineData("token bob", "There is nobody called bob. There are admin, agency, client, compliance, operator, other-admin")]
    [InlineData("token admin --fresh", "--fresh does not go with token")]
    [InlineData("token admin --port 7072", "--port does not go with token")]
    [InlineData("events", "events is written: events rebuild")]
    [InlineData("import", "import is written: import <file>")]
    [InlineData("import a --fresh", "--fresh does not go with import")]
    [InlineData("serve --organization org_x", "--organization goes with import")]
    [InlineData("play", "play is not a verb")]
    [InlineData("webhooks", "webhooks is written")]
    [InlineData("webhooks replay", "webhooks is written")]
    [InlineData("webhooks replay a --shuffle --gaps", "one goes at a time")]
    [InlineData("webhooks replay a --seed x", "--seed must be a whole number")]
    [InlineData("webhooks replay a --fresh", "--fresh does not go with webhooks")]
    [InlineData("webhooks capture a --gaps", "go with webhooks replay")]
    [InlineData("serve --shuffle", "go with webhooks replay")]
    [InlineData("serve --seed 2", "--seed goes with webhooks replay")]
    [InlineData("--verbose", "--verbose is not an option")]
    [InlineData("--port", "--port needs a value")]
    [InlineData("--port 65536", "--port must be 0 to 65535")]
    [InlineData("--port=-1", "--port must be 0 to 65535")]
    [InlineData("--fresh=no", "--fresh takes no value")]
    [InlineData("--database nonsense", "no address of a Postgres database")]
    public void A_wrong_command_line_says_what_is_wrong(string line, string message)
    {
        var wrong = Assert.Throws<UsageException>(() => LauncherArguments.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_may_stand_anywhere_and_demo_is_the_verb_unless_another_is_named()
    {
        Assert.Equal(new LauncherArguments(), LauncherArguments.Parse([]));
        Assert.Equal(
            new LauncherArguments { File = "film.mp4", Port = 0, Exit = true, Fresh = true }, LauncherArguments.Parse(
                ["--exit", "demo", "--port=0", "film.mp4", "--fresh"]));
        Assert.Equal(
            new LauncherArguments { Verb = Verb.Token, Person = "other-admin" }, LauncherArguments.Parse(["token", "other-admin"]));
        Assert.Equal(Verb.Help, LauncherArguments.Parse(["serve", "--help"]).Verb);
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        var wrong = Assert.Throws<UsageException>(() => DemoFile.Check(Path.GetTempPath()));
        Assert.Contains("is a folder", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 262_144, 1)]
    [InlineData(1, 262_144, 1)]
    [InlineData(792_124, 262_144, 4)]
    [InlineData(1_048_576, 524_288, 2)]
    [InlineData(10_000_000, 2_621_440, 4)]
    [InlineData(5_000_000_000, 33_554_432, 150)]
    public void Chunks_are_multiples_of_256_KiB_and_few(long length, long chunk, long chunks)
    {
        Assert.Equal(chunk, ResumablePut.ChunkSize(length));
        Assert.Equal(0, chunk % 262_144);
        Assert.Equal(chunks, Math.Max(1, (length + chunk - 1) / chunk));
    }
}
