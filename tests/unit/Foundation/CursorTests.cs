using System.Buffers.Text;
using System.Globalization;
using Microsoft.Extensions.Options;
using Portal.Foundation.Paging;

namespace Portal.Tests.Unit.Foundation;

/// <summary>When a page has a cursor, and for whom it works.</summary>
public sealed class CursorTests
{
    private static readonly Guid Tenant = new("0198b4d2-0000-7000-8000-000000000001");
    private static readonly Position Place = new("Cut one", new("0198b4d2-0000-7000-8000-000000000009"));
    private readonly Cursors cursors = new(Options.Create(new PagingOptions { CursorKey = Convert.ToBase64String(new byte[32]) }));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void A_page_has_a_cursor_when_it_does_not_hold_the_last_row(int rows, bool expected)
    {
        var page = cursors.Cut(
            [.. Enumerable.Range(1, rows)], new Page(2, null), Tenant, "list",
            row => new Position(row.ToString(CultureInfo.InvariantCulture), Guid.Empty));

        Assert.Equal((Math.Min(rows, 2), expected), (page.Items.Count, page.NextCursor is not null));
        Assert.Equal(expected ? "2" : null, page.NextCursor is { } cursor ? cursors.Read(cursor, Tenant, "list")?.Key : null);
    }

    [Fact]
    public void A_cursor_works_for_its_tenant_in_its_list_alone()
    {
        var cursor = cursors.Write(Place, Tenant, "list");

        Assert.Equal(Place, cursors.Read(cursor, Tenant, "list"));
        Assert.Null(cursors.Read(cursor, Guid.Empty, "list"));
        Assert.Null(cursors.Read(cursor, Tenant, "list:reversed"));
    }

    [Fact]
    public void A_cursor_that_was_changed_in_any_byte_is_none()
    {
        var bytes = Base64Url.DecodeFromChars(cursors.Write(Place, Tenant, "list"));

        Assert.All(Enumerable.Range(0, bytes.Length), at =>
        {
            var changed = bytes.ToArray();
            changed[at] ^= 1;
            Assert.Null(cursors.Read(Base64Url.EncodeToString(changed), Tenant, "list"));
        });
    }
}
