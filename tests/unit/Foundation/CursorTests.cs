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
    public void A_page_takes_one_row_more_than_it_holds_and_there_is_no_key_unless_it_is_set() =>
        Assert.Equal((3, ""), (new Page(2, null).Take, new PagingOptions().CursorKey));

    [Theory]
    [InlineData(239, true)]
    [InlineData(240, true)]
    [InlineData(241, false)]
    public void A_cursor_holds_a_key_of_at_most_240_bytes(int length, bool read)
    {
        var place = Place with { Key = new string('k', length) };
        Assert.Equal(read ? place : null, cursors.Read(cursors.Write(place, Tenant, "list"), Tenant, "list"));
    }

    [Fact]
    public void A_cursor_without_a_key_is_read_and_one_that_is_shorter_or_of_other_letters_is_none()
    {
        var place = Place with { Key = "" };
        var cursor = cursors.Write(place, Tenant, "list");
        Assert.Equal(place, cursors.Read(cursor, Tenant, "list"));
        string[] none = ["", "!", new string('!', 60), Base64Url.EncodeToString(Base64Url.DecodeFromChars(cursor).AsSpan(0, 31))];
        Assert.All(none, text => Assert.Null(cursors.Read(text, Tenant, "list")));
    }

    [Fact]
    public void A_place_is_by_time_to_the_microsecond_by_day_or_by_number()
    {
        var at = DateTimeOffset.UnixEpoch.AddTicks(12_345_678_901);
        Assert.Equal(new Position("1234567890", Place.Id), Position.Of(at, Place.Id));
        Assert.Equal(at.AddTicks(-1), Position.Of(at, Place.Id).At);
        Assert.Equal(new Position("2026-03-02", Place.Id), Position.Of(new DateOnly(2026, 3, 2), Place.Id));
        Assert.Equal(new Position("infinity", Place.Id), Position.Of((DateOnly?)null, Place.Id));
        Assert.Equal(-7, Position.Of(-7, Place.Id).Number);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMicroseconds(-7), Position.Of(-7, Place.Id).At);
        Assert.Null(Place.Number);
        Assert.Null(Place.At);
    }

    [Theory]
    [InlineData(62_135_596_799_999_999, true)]
    [InlineData(62_135_596_800_000_000, false)]
    [InlineData(long.MaxValue, false)]
    [InlineData(-62_135_596_799_999_999, true)]
    [InlineData(-62_135_596_800_000_000, false)]
    [InlineData(long.MinValue, false)]
    public void A_number_beyond_the_calendar_is_no_time(long micros, bool isTime)
    {
        var place = Position.Of(micros, Place.Id);
        Assert.Equal(micros, place.Number);
        Assert.Equal(isTime, place.At is not null);
    }

    [Fact]
    public void A_page_is_asked_for_in_the_lists_direction_or_against_it_behind_its_last_row()
    {
        var (first, back) = (new Page(2, null), new Page(2, Place, Reversed: true));
        const string Listed = "select id from t where a = 1";
        var up = PageQuery.Ascending("at, id");
        Assert.Equal(
            $"{Listed} and (@afterId::uuid is null or (at, id) > (@afterAt, @afterId)) order by at, id limit @take", up.Of(Listed, first));
        Assert.Equal(
            $"{Listed} and (@afterId::uuid is null or (at, id) < (@afterAt, @afterId)) order by at desc, id desc limit @take",
            up.Of(Listed, back));
        var down = PageQuery.Descending("name, id", "@afterKey, @afterId");
        Assert.Equal(
            $"{Listed} and (@afterId::uuid is null or (name, id) < (@afterKey, @afterId)) order by name desc, id desc limit @take",
            down.Of(Listed, first));
        Assert.Equal(
            $"{Listed} and (@afterId::uuid is null or (name, id) > (@afterKey, @afterId)) order by name, id limit @take",
            down.Of(Listed, back));
        Assert.Equal($"select count(*) from ({Listed} limit 10000) counted", PageQuery.Count(Listed));
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
