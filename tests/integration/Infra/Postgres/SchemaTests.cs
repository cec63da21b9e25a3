using System.Text.RegularExpressions;
using Portal.Postgres;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Infra.Postgres;

public sealed partial class SchemaTests
{
    [Fact]
    public async Task A_fresh_run_of_the_migrations_makes_the_checked_in_schema()
    {
        var fixture = await PostgresFixture.SharedAsync();
        var actual = await SchemaDump.OfFreshDatabaseAsync(fixture.Server);
        var file = Path.Combine(AppContext.BaseDirectory, "schema.actual.sql");
        await File.WriteAllTextAsync(file, actual);

        var expected = (await File.ReadAllTextAsync(SchemaFile())).ReplaceLineEndings("\n");

        Assert.True(
            expected == actual,
            $"infra/postgres/schema.sql is not what the migrations make ({file}). First difference: {FirstDifference(expected, actual)}\n"
            + "If the migrations are right: dotnet run --project infra/postgres -- schema > infra/postgres/schema.sql");
    }

    [Fact]
    public void Every_function_of_production_has_a_file_and_every_file_a_function()
    {
        var schema = File.ReadAllText(SchemaFile());
        var live = FunctionName().Matches(schema).Select(match => match.Groups[1].Value).Distinct().Order();

        Assert.Equal(live, DatabaseFunction.In().Select(function => function.Name).Order());
    }

    [Fact]
    public async Task What_protects_data_is_in_the_text()
    {
        var fixture = await PostgresFixture.SharedAsync();
        var text = await SchemaDump.OfFreshDatabaseAsync(fixture.Server, [new Migration(1, "guarded", """
            create domain percent as integer check (value between 0 and 100);
            create type status as enum ('waiting', 'ready');
            create table guarded (
                id bigint generated always as identity primary key,
                status status not null default 'waiting',
                share percent,
                unique (status, share)
            );
            create index guarded_waiting on guarded (id) where status = 'waiting';
            alter table guarded enable row level security;
            alter table guarded force row level security;
            create policy own on guarded for select to public using (id > 0);
            grant update (status) on guarded to public;
            comment on table guarded is 'it''s guarded';
            create function refuse() returns trigger language plpgsql security definer set search_path = public as $$
            begin
                raise exception 'append only';
            end $$;
            revoke execute on function refuse() from public;
            create trigger append_only before delete on guarded for each row execute function refuse();
            create schema durable;
            create table durable.theirs ();
            """)]);

        string[] wanted =
        [
            "create type public.status as enum ('waiting', 'ready');",
            "create domain public.percent as integer\n    constraint percent_check CHECK (((VALUE >= 0) AND (VALUE <= 100)));",
            "    id bigint generated always as identity not null,",
            "    status public.status default 'waiting'::public.status not null,",
            "    constraint guarded_status_share_key UNIQUE (status, share)",
            "CREATE INDEX guarded_waiting ON public.guarded USING btree (id) WHERE (status = 'waiting'::public.status);",
            "alter table public.guarded enable row level security;",
            "alter table public.guarded force row level security;",
            "create policy own on public.guarded as permissive for select to public\n    using ((id > 0));",
            "grant update (status) on table public.guarded to public;",
            "comment on table public.guarded is 'it''s guarded';",
            "CREATE TRIGGER append_only BEFORE DELETE ON public.guarded FOR EACH ROW EXECUTE FUNCTION public.refuse();",
            " SECURITY DEFINER\n SET search_path TO 'public';\n",
        ];
        Assert.All(wanted, line => Assert.Contains(line, text, StringComparison.Ordinal));
        Assert.DoesNotContain("grant execute on function public.refuse()", text, StringComparison.Ordinal);
        Assert.DoesNotContain("theirs", text, StringComparison.Ordinal);
        Assert.DoesNotContain("schema_migrations", text, StringComparison.Ordinal);
    }

    private static string SchemaFile()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "infra", "postgres", "schema.sql");
            if (File.Exists(file))
            {
                return file;
            }
        }

        throw new FileNotFoundException("infra/postgres/schema.sql was not found above the test's folder.");
    }

    private static string FirstDifference(string expected, string actual)
    {
        var (left, right) = (expected.Split('\n'), actual.Split('\n'));
        var line = Enumerable.Range(0, Math.Max(left.Length, right.Length))
            .FirstOrDefault(index => left.ElementAtOrDefault(index) != right.ElementAtOrDefault(index));
        return $"line {line + 1}: expected «{left.ElementAtOrDefault(line)}», got «{right.ElementAtOrDefault(line)}»";
    }

    [GeneratedRegex(@"^CREATE OR REPLACE FUNCTION portal\.(\w+)\(", RegexOptions.Multiline)]
    private static partial Regex FunctionName();
}
