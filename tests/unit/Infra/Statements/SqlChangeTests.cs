using Portal.Tests.Support.Statements;

namespace Portal.Tests.Unit.Infra.Statements;

/// <summary>How <c>soak -- statements</c> changes a statement.</summary>
public sealed class SqlChangeTests
{
    [Theory]
    [InlineData("where a = 1 and b = 2", "drop-first", "where true and b = 2")]
    [InlineData("where a = 1 and b = 2", "drop-and", "where a = 1 and true")]
    [InlineData("where a = 1 and (b = 2 or c) order by d", "drop-and", "where a = 1 and true order by d")]
    [InlineData("where a between 1 and 2 and b", "drop-first", "where true and b")]
    [InlineData("where a is distinct from b and c", "drop-first", "where true and c")]
    [InlineData("join t on t.id = a.id where b", "drop-first", "join t on true where b")]
    [InlineData("having count(*) > 0 limit 1", "drop-first", "having true limit 1")]
    [InlineData("where (a or b)", "drop-or", "where (a or false)")]
    [InlineData("where (x in (1, 2) or b)", "drop-or-left", "where (false or b)")]
    [InlineData("case when a then b else c end", "when-false", "case when false then b else c end")]
    [InlineData("case a when 'x' then b end", "when-false", "case a when '~none~' then b end")]
    [InlineData("if a then", "if-false", "if false then")]
    [InlineData("if a then", "if-true", "if true then")]
    [InlineData("s in ('a', 'b')", "in", "s in ('~none~', 'b')")]
    [InlineData("a < b", "boundary", "a <= b")]
    [InlineData("a >= b", "boundary", "a > b")]
    [InlineData("a < 8", "number", "a < 9")]
    [InlineData("now() - interval '90 days'", "interval", "now() - interval '180 days'")]
    [InlineData("order by a desc, b", "order", "order by a asc, b")]
    [InlineData("order by a, b limit 3", "order", "order by a desc, b limit 3")]
    [InlineData("select a limit @take;", "limit", "select a ;")]
    [InlineData("from a left join b on c", "inner", "from a  join b on c")]
    [InlineData("coalesce(f(a, b), c)", "first-of", "(f(a, b))")]
    [InlineData("set a = 1, b = f(2, 3), c = 4 where d", "drop-set", "set  b = f(2, 3), c = 4 where d")]
    [InlineData("values (1) on conflict (a) do nothing returning b", "conflict-none", "values (1)  returning b")]
    [InlineData("values (1) on conflict (a) do update set b = 1", "conflict-nothing", "values (1) on conflict (a) do nothing")]
    public void A_statement_is_changed_as_somebody_tired_would(string sql, string kind, string changed) =>
        Assert.Equal(changed, SqlChange.Of(sql).First(change => change.Kind == kind).Apply(sql));

    [Fact]
    public void Each_assignment_is_left_out_once()
    {
        const string Sql = "update t set a = 1, b = case when c then 2 end, d = 3 where e";

        Assert.Equal(
            [
                "update t set  b = case when c then 2 end, d = 3 where e",
                "update t set a = 1 , d = 3 where e",
                "update t set a = 1, b = case when c then 2 end  where e",
            ],
            SqlChange.Of(Sql).Where(change => change.Kind == "drop-set").Select(change => change.Apply(Sql)));
    }

    [Theory]
    [InlineData("select 'a and b' -- where c or d")]
    [InlineData("update t set a = 1")]
    [InlineData("create or replace function f() returns void")]
    [InlineData("select distinct on (a) b")]
    [InlineData("s in ('a')")]
    public void What_says_nothing_is_left_alone(string sql) => Assert.Empty(SqlChange.Of(sql));

    [Fact]
    public void Of_a_function_the_body_alone_is_changed_and_called_by_another_name()
    {
        Assert.All(ChangedFunctions.Originals.Keys, function => Assert.All(
            ChangedFunctions.Of(function),
            change => Assert.Contains("$$", ChangedFunctions.Originals[function][..change.Start], StringComparison.Ordinal)));
        Assert.Equal(["take_hit"], ChangedFunctions.CalledBy("select * from portal.take_hit(@key)"));
        Assert.Equal("select portal.take_hit__3(@key)", ChangedFunctions.InStatement("select portal.take_hit(@key)", "take_hit", 3));
    }
}
