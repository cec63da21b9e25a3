using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Contract;

/// <summary>The page at /api/docs: whole, from nowhere else, and with a policy that allows nothing but itself.</summary>
public sealed partial class DocsPageTests(ContractPortal portal) : IClassFixture<ContractPortal>
{
    [Fact]
    public async Task Every_operation_and_schema_is_on_it_and_every_link_leads_somewhere()
    {
        var page = (await PageAsync()).Body;
        Assert.All(ApiOperation.All, o => Assert.Contains($"id=\"{o.Name}\"", page, StringComparison.Ordinal));

        var ids = Id().Matches(page).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Empty(
            Link().Matches(page).Select(m => m.Groups[1].Value).Where(l => l.StartsWith('#') && !ids.Contains(l[1..])).Distinct());
    }

    [Fact]
    public async Task Nothing_is_loaded_from_anywhere_and_only_its_own_script_and_style_run()
    {
        var answer = await PageAsync();
        Assert.All(
            Link().Matches(answer.Body).Select(m => m.Groups[1].Value), l => Assert.Matches("^(#|/api/openapi.json$|data:image/svg)", l));

        var policy = answer.Headers["content-security-policy"];
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        foreach (var tag in new[] { "script", "style" })
        {
            var text = Regex.Match(answer.Body, $"<{tag}>(.*?)</{tag}>", RegexOptions.Singleline).Groups[1].Value;
            Assert.Contains(
                $"{tag}-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'", policy,
                StringComparison.Ordinal);
        }
    }

    private async Task<ApiAnswer> PageAsync()
    {
        var answer = await portal.World.SendAsync(new ApiRequest("GET", "/api/docs"));
        Assert.Equal(200, answer.Status);
        return answer;
    }

    [GeneratedRegex(@"\bid=""([^""]+)""")]
    private static partial Regex Id();

    [GeneratedRegex(@"\b(?:href|src)=""([^""]+)""")]
    private static partial Regex Link();
}
