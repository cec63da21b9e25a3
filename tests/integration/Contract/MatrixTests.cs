using Portal.Functions.Foundation;
using Portal.Functions.Foundation.Contract;
using Portal.Tests.Support.Contract;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Contract;

/// <summary>Every cell of docs/permissions.md through the front door: each function × each role and everybody else who may
/// knock.</summary>
[TakesLong]
public sealed class MatrixTests(ContractPortal portal) : IClassFixture<ContractPortal>
{
    [Fact]
    public async Task Every_cell_answers_as_the_page_says()
    {
        var rows = PermissionsPage.Read().Where(r => r.Function != UnknownRouteFunction.Name && !r.IsPage).ToList();
        var operations = ApiOperation.All.ToDictionary(o => o.Name);
        Assert.Equal(operations.Keys.Order(StringComparer.Ordinal), rows.Select(r => r.Function).Order(StringComparer.Ordinal));
        Assert.Equal(
            ApiAsking.AllRoles.Concat(
                ["Operator", "no session"]).Order(StringComparer.Ordinal), rows[0].Allowed.Keys.Order(StringComparer.Ordinal));

        var matrix = new PermissionMatrix(portal);
        var knocks = await matrix.KnocksAsync();
        var faults = new List<string>();
        var cells = 0;
        foreach (var knock in knocks)
        {
            foreach (var row in rows)
            {
                cells++;
                faults.AddRange(await matrix.TryAsync(operations[row.Function], row, knock));
            }
        }

        foreach (var knock in knocks)
        {
            var answer = await portal.World.SendAsync(
                new ApiRequest("GET", "/api/there-is-nothing") { As = knock.As, Authorization = knock.Authorization });
            Assert.True(answer.Status == 404, $"Nowhere × {knock.Column}: {answer}");
        }

        Assert.Equal(rows.Count * 12, cells);
        Assert.True(faults.Count == 0, $"{faults.Count} of {cells} cells:\n{string.Join('\n', faults)}");
    }

    /// <summary>Who gets in with the cookie is told in tests/integration/Operations; no token or session opens a page in its
    /// place.</summary>
    [Fact]
    public async Task No_page_for_people_on_call_opens_to_a_session_or_a_token()
    {
        var pages = PermissionsPage.Read().Where(r => r.IsPage && !r.Allowed["no session"]).ToList();
        Assert.NotEmpty(pages);
        foreach (var knock in await new PermissionMatrix(portal).KnocksAsync())
        {
            foreach (var page in pages)
            {
                var verb = page.Request.Split(' ', ',')[0];
                var path = page.Request.Split('`')[1].Replace("{id}", "x", StringComparison.Ordinal)
                    .Replace("{id:guid}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
                    .Replace("{act}", "terminate", StringComparison.Ordinal);
                var answer = await portal.World.SendAsync(
                    new ApiRequest(verb, path) { As = knock.As, Authorization = knock.Authorization });
                Assert.True(answer.Status is 303 or 401 or 403, $"{page.Function} × {knock.Column}: {answer}");
            }
        }
    }
}
