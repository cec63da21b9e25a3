using System.Text.RegularExpressions;

namespace Portal.Tests.Unit.Architecture;

/// <summary>The picture of docs/architecture.md is the rule: a room uses the rooms that its arrows reach, and no other.</summary>
public sealed partial class RoomsTests
{
    private const string Document = "docs/architecture.md";

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>> Allowed = Closed(ReadArrows());

    [Fact]
    public void The_picture_has_every_room_and_no_circle()
    {
        var folders = Sources.CSharp("shared", "functions").Select(file => RoomOf(file.Path)).OfType<string>().Distinct().Order();

        Assert.Equal(Allowed.Keys.Order(), folders);
        Assert.All(Allowed, room => Assert.DoesNotContain(room.Key, room.Value));
    }

    [Fact]
    public void No_room_uses_one_above_it()
    {
        var reversed = Sources.CSharp("shared", "functions").SelectMany(file => Reversed(file.Path, file.Text)).ToList();

        Assert.True(reversed.Count == 0, $"Against the arrows of {Document}:\n{string.Join('\n', reversed)}");
    }

    [Theory]
    [InlineData("shared/Videos/Assets.cs", "using Portal.Sharing;", true)]
    [InlineData("shared/Videos/Assets.cs", "using Portal.Foundation.Db;", false)]
    [InlineData("shared/Videos/Uploads/A.cs", "using Portal.Videos;", false)]
    [InlineData("functions/Foundation/Http/A.cs", "using Portal.Functions.Operations.Page;", true)]
    [InlineData("functions/Foundation/Http/A.cs", "/// <see cref=\"Portal.Events.Digest\"/>", true)]
    [InlineData("functions/Durable/A.cs", "using Portal.Videos.Uploads;", true)]
    [InlineData("functions/PortalApp.cs", "using Portal.Operations;", false)]
    public void The_search_finds_what_it_should(string path, string text, bool found) => Assert.Equal(found, Reversed(path, text).Any());

    private static IEnumerable<string> Reversed(string path, string text) =>
        RoomOf(path) is not { } room
            ? []
            : Named().Matches(text).Select(match => match.Groups["room"].Value).Distinct()
                .Where(used => used != room && Allowed.ContainsKey(used) && !Allowed[room].Contains(used))
                .Select(used => $"{path} uses {used}");

    /// <summary>What lies outside every room puts them together, and may use all. The durable kit is part of the foundation.</summary>
    private static string? RoomOf(string path) => path.Split('/') switch
    {
        ["functions", "Durable", ..] => "Foundation",
        [_, var room, _, ..] => room,
        _ => null,
    };

    private static ILookup<string, string> ReadArrows()
    {
        var picture = Sources.Read(Document).Split("```mermaid")[1].Split("```")[0];
        var names = Node().Matches(picture).ToDictionary(match => match.Groups["id"].Value, match => match.Groups["name"].Value);
        return Arrow().Matches(picture).ToLookup(match => names[match.Groups["from"].Value], match => names[match.Groups["to"].Value]);
    }

    private static Dictionary<string, IReadOnlySet<string>> Closed(ILookup<string, string> arrows)
    {
        return arrows.Select(arrow => arrow.Key).Concat(arrows.SelectMany(arrow => arrow)).Distinct().ToDictionary(room => room, Reached);

        IReadOnlySet<string> Reached(string room)
        {
            var found = new HashSet<string>();
            var open = new Stack<string>(arrows[room]);
            while (open.TryPop(out var next))
            {
                if (found.Add(next))
                {
                    foreach (var further in arrows[next])
                    {
                        open.Push(further);
                    }
                }
            }

            return found;
        }
    }

    [GeneratedRegex(@"(?:\busing\s+(?:static\s+)?|[""\s(<])Portal\.(?:Functions\.)?(?<room>[A-Z]\w+)")]
    private static partial Regex Named();

    [GeneratedRegex(@"(?<id>\w+)\[""(?<name>\w+)")]
    private static partial Regex Node();

    [GeneratedRegex(@"^\s*(?<from>\w+)(?:\[""[^\]]*\])?\s*-->\s*(?<to>\w+)", RegexOptions.Multiline)]
    private static partial Regex Arrow();
}
