using Npgsql;
using Portal.Postgres;

namespace Portal.Tests.Integration.Infra.Postgres;

public sealed class DatabaseAddressTests
{
    [Fact]
    public void An_address_as_hosting_providers_write_it_is_understood()
    {
        var parsed = new NpgsqlConnectionStringBuilder(DatabaseAddress.Parse(
            "postgresql://ana%40home:p%3Ass@db.example.test:6543/por%20tal?sslmode=verify-full&application_name=portal&channel_binding=require"));

        Assert.Equal(
            ("db.example.test", 6543, "ana@home", "p:ss", "por tal", SslMode.VerifyFull, "portal", ChannelBinding.Require),
            (
                parsed.Host, parsed.Port, parsed.Username, parsed.Password, parsed.Database, parsed.SslMode, parsed.ApplicationName,
                parsed.ChannelBinding));
    }

    [Fact]
    public void Keywords_are_taken_as_they_are() =>
        Assert.Equal("Host=localhost;Database=portal", DatabaseAddress.Parse("Host=localhost;Database=portal"));

    [Theory]
    [InlineData("postgres://user:s3cret@/nowhere?what=ever")]
    [InlineData("Host=x;Passwrd=s3cret")]
    [InlineData("s3cret")]
    public void What_is_no_address_is_refused_without_repeating_it(string text)
    {
        var refusal = Assert.Throws<ArgumentException>(() => DatabaseAddress.Parse(text));
        Assert.Contains("write Host=", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refusal.ToString(), StringComparison.Ordinal);
    }
}
